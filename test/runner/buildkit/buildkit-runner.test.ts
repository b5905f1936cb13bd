// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash, randomUUID } from "node:crypto";
import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import type { ContainerBase, LocalTree } from "../../../src/containerfile/container-unit.ts";
import { digestOf } from "../../../src/unit/digest.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { BUILDERS, buildersOn, remoteBuilders } from "../../support/engines/builders.ts";
import { describeWithEngines } from "../../support/engines.ts";
import { type Files, writeFiles } from "../../support/files.ts";
import { openTestRunner, type TestRunner, unitsOf } from "./fixtures.ts";

vi.setConfig({ testTimeout: 120_000 });

function treeWith(files: Files): LocalTree {
  const directory = temporaryDirectory();
  writeFiles(directory, files);
  return { directory, identity: randomUUID(), files: Object.keys(files).sort() };
}

/** What was sent, by name, without those numbers that keep names apart. */
function sentBy({ events }: TestRunner): readonly string[] {
  return events.flatMap((event) => (event.kind === "sent" ? [event.name.replace(/-[0-9a-f]{16}$/, "")] : []));
}

/** Whether a process of this machine, in whatever container, has such an argument. */
function isRunning(argument: string): boolean {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return processes.some((id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, "latin1").split("\0")[1] === argument;
    } catch {
      return false; // It ended meanwhile.
    }
  });
}

describeWithEngines(BUILDERS, "BuildKit", (engines) => {
  const builders = buildersOn(engines);
  const { reference } = engines.image;

  describe.each(BUILDERS)("of %s", (name) => {
    const open = builders[name];

    test("compiles, from what it compiled before, and has both the next time with nothing sent", async () => {
      const sender = randomUUID();
      const { library } = unitsOf(reference);
      const below = library("below", treeWith({ "src/lib.rs": "pub fn one() -> u32 { 1 }" }));
      const above = library("above", treeWith({ "src/lib.rs": "pub fn two() -> u32 { below::one() + 1 }" }), {
        below,
      });
      const first = await openTestRunner(open, { sender });
      const made = [await first.runUnit(below), await first.runUnit(above)];
      expect(made.map(({ stderr, status, cached }) => ({ stderr: String(stderr), status, cached }))).toEqual([
        { stderr: "", status: 0, cached: false },
        { stderr: "", status: 0, cached: false },
      ]);
      expect(made.map(({ files }) => readdirSync(files))).toEqual([["libbelow-1.rlib"], ["libabove-1.rlib"]]);
      expect(sentBy(first)).toHaveLength(2);
      // It names our vertices as we do, or it would not say when it ran them.
      const units = first.events.filter((event) => event.kind === "unit");
      expect(units.map(({ startedMs = 0, completedMs = 0 }) => completedMs > startedMs)).toEqual([
        true,
        true,
      ]);
      await first.close();

      const second = await openTestRunner(open, { sender });
      const again = [await second.runUnit(above), await second.runUnit(below)];
      expect(again.map(({ cached }) => cached)).toEqual([true, true]);
      expect(sentBy(second)).toEqual([]);
      const bytes = ({ files }: { readonly files: string }, file: string) => readFileSync(join(files, file));
      expect(bytes(again[0] ?? { files: "" }, "libabove-1.rlib")).toEqual(
        bytes(made[1] ?? { files: "" }, "libabove-1.rlib"),
      );
    });

    test("tells how a unit failed, byte for byte, and runs it again the next time", async () => {
      const { script } = unitsOf(reference);
      const runner = await openTestRunner(open);
      const failing = script("cat /proc/sys/kernel/random/uuid; printf 'a\\0\\377' >&2; exit 101");
      const first = await runner.runUnit(failing);
      expect(first).toMatchObject({ status: 101, cached: false });
      expect(first.stderr).toEqual(Buffer.from("a\0\xff", "latin1"));
      const second = await runner.runUnit(failing);
      const elsewhere = await (await openTestRunner(open)).runUnit(failing);
      expect([second, elsewhere]).toMatchObject([
        { status: 101, cached: false },
        { status: 101, cached: false },
      ]);
      expect(new Set([first, second, elsewhere].map(({ stdout }) => String(stdout))).size).toBe(3);

      const killed = await runner.runUnit(script("kill -KILL $$"));
      expect(killed).toMatchObject({ status: 137, stderr: Buffer.alloc(0) });
    });

    test("gives a unit its own variables, no network, and nowhere to write but its output and /tmp", async () => {
      const { unit, script } = unitsOf(reference);
      const runner = await openTestRunner(open);
      const env = new Map([
        ["A-B", "1"],
        ["PATH", "/usr/bin"],
        ["X", "a\nb"],
      ]);
      const { stdout } = await runner.runUnit(unit(["env", "-0"], { env }));
      expect(String(stdout).split("\0").sort()).toEqual(["", "A-B=1", "PATH=/usr/bin", "X=a\nb"]);
      const inside = await runner.runUnit(
        script(`ls /sys/class/net; ls -A /tmp; touch /tmp/x /out/out/x
          for place in / /usr /root /work; do touch $place/x 2>/dev/null && echo wrote $place; done; exit 0`),
      );
      expect(String(inside.stdout)).toBe("lo\n");
      expect(readdirSync(inside.files)).toEqual(["x"]);
    });

    test("brings home links, modes, directories and whatever size there is", async () => {
      const { script } = unitsOf(reference);
      const runner = await openTestRunner(open);
      const made = script(`cd /out/out
        mkdir -p d/e; echo deep >d/e/f; chmod 755 d/e/f; ln -s e/f d/l; ln -s /abs/x abs; mkfifo pipe; touch empty
        head -c 30000000 /dev/urandom >big; sha256sum big; head -c 9000000 /dev/zero`);
      const { files, stdout } = await runner.runUnit(made);
      expect(readdirSync(files).sort()).toEqual(["abs", "big", "d", "empty"]);
      expect(statSync(join(files, "d/e/f")).mode & 0o777).toBe(0o755);
      expect([readlinkSync(join(files, "d/l")), readlinkSync(join(files, "abs"))]).toEqual(["e/f", "/abs/x"]);
      expect(lstatSync(join(files, "empty")).size).toBe(0);
      const digest = createHash("sha256")
        .update(readFileSync(join(files, "big")))
        .digest("hex");
      expect(stdout.subarray(0, 70).toString()).toBe(`${digest}  big\n`);
      expect(stdout.length).toBe(70 + 9_000_000);
    });

    test("notices every edit, and takes only what was edited", async () => {
      const { script } = unitsOf(reference);
      const tree = treeWith({ "src/lib.rs": "one", "src/other.rs": "other", "unlisted.rs": "" });
      const file = join(tree.directory, "src/lib.rs");
      const listed = () => ({ ...tree, files: ["src/lib.rs", "src/other.rs"] });
      const read = () => {
        const input = { kind: "tree", target: "/work", tree: listed() } as const;
        return script("find . -type f | sort; cat src/lib.rs", { cwd: "/work", inputs: [input] });
      };
      const wanted: number[] = [];
      // A builder that still holds what it has takes all of it anew; it lets go when nobody builds.
      for (let round = 0; round < 6 && wanted.at(-1) !== 1; round += 1) {
        const text = ["one", "two", "six"][round % 3] ?? "";
        writeFileSync(file, text);
        utimesSync(file, 1, 1);
        const runner = await openTestRunner(open);
        const { stdout } = await runner.runUnit(read());
        expect(String(stdout)).toBe(`./src/lib.rs\n./src/other.rs\n${text}`);
        wanted.push(...runner.events.flatMap((event) => (event.kind === "sent" ? [event.files] : [])));
        await runner.close();
        await sleep(200);
      }
      expect([wanted[0], wanted.at(-1)]).toEqual([2, 1]);
    });

    test("gets files by their content, and never another one than was said", async () => {
      const { nonce, script } = unitsOf(reference);
      const runner = await openTestRunner(open);
      const path = join(temporaryDirectory(), "tool");
      writeFileSync(path, `#!/bin/sh\necho ${nonce}\n`);
      const take = (text: string, from = path) =>
        script("/opt/tool", {
          inputs: [
            {
              kind: "file",
              target: "/opt/tool",
              file: { path: from, digest: digestOf(text), executable: true },
            },
          ],
        });
      expect(String((await runner.runUnit(take(readFileSync(path, "utf8")))).stdout)).toBe(`${nonce}\n`);
      await expect(runner.runUnit(take("other"))).rejects.toMatchObject({ code: "busy", retryable: true });
      await expect(runner.runUnit(take("gone", "/no/where"))).rejects.toMatchObject({ code: "not-found" });
      expect((await runner.runUnit(script("exit 0"))).status).toBe(0);
    });

    test("makes a base image's stage, and says what failed in one", async () => {
      const { nonce, script } = unitsOf(reference);
      const runner = await openTestRunner(open);
      const stage = (line: string): ContainerBase => ({
        kind: "stage",
        platform: "linux/amd64",
        containerfile: `FROM ${reference}\nENV STAGE=1\nRUN --network=none ${line}\n`,
      });
      const marked = { base: stage(`echo ${nonce} >/mark`) };
      const { stdout } = await runner.runUnit(script("cat /mark; echo $STAGE", marked));
      expect(String(stdout)).toBe(`${nonce}\n\n`);
      await expect(
        runner.runUnit(script("exit 0", { base: stage(`echo what is wrong with ${nonce}; exit 3`) })),
      ).rejects.toMatchObject({
        code: "refused",
        message: expect.stringMatching(/RUN[\s\S]*exit code: 3\nwhat is wrong with/),
      });
      const missing = `${reference.split("@")[0]}-missing@${reference.split("@")[1]}`;
      const base = { kind: "image", reference: missing, platform: "linux/amd64" } as const;
      await expect(runner.runUnit(script("exit 0", { base }))).rejects.toMatchObject({
        ...{ code: "refused", message: `The builder finds no image "${missing}"` },
      });
    });

    test("ends what runs when it is told to, and may be asked for the same again", async () => {
      const { script } = unitsOf(reference);
      const runner = await openTestRunner(open);
      const length = `1000.${Date.now()}`;
      const slow = script(`[ -e /dev/shm/x ] || sleep ${length}`);
      const stop = new AbortController();
      const run = runner.runUnit(slow, stop.signal);
      const ended = expect(run).rejects.toBe("stopped");
      await expect.poll(() => isRunning(length), { timeout: 30_000 }).toBe(true);
      stop.abort("stopped");
      await ended;
      expect(isRunning(length)).toBe(false);

      const left = expect(runner.runUnit(slow)).rejects.toMatchObject({ code: "unreachable" });
      await expect.poll(() => isRunning(length), { timeout: 30_000 }).toBe(true);
      await runner.close();
      await left;
      await expect.poll(() => isRunning(length), { timeout: 2000 }).toBe(false);
    });

    test("serves several processes of one sender at once", async () => {
      const sender = randomUUID();
      const { script, nonce } = unitsOf(reference);
      const runners = await Promise.all(Array.from({ length: 3 }, () => openTestRunner(open, { sender })));
      const ran = await Promise.all(
        runners.map((runner, at) => {
          const tree = treeWith({ f: `${nonce} ${at}` });
          const inputs = [{ kind: "tree", target: "/work", tree }] as const;
          return runner.runUnit(script("cat /work/f", { inputs }));
        }),
      );
      expect(ran.map(({ stdout }) => String(stdout))).toEqual([0, 1, 2].map((at) => `${nonce} ${at}`));
    });
  });
});

describeWithEngines([...BUILDERS, "ssh"], "BuildKit behind", (engines) => {
  test.each(Object.entries(remoteBuilders(engines)))("%s runs units", async (_, open) => {
    const { script } = unitsOf(engines.image.reference);
    const runner = await openTestRunner(open);
    const tree = treeWith({ f: "of this machine" });
    const unit = script("cat /work/f; head -c 3000000 /dev/zero >/out/out/z", {
      inputs: [{ kind: "tree", target: "/work", tree }],
    });
    const { stdout, files } = await runner.runUnit(unit);
    expect(String(stdout)).toBe("of this machine");
    expect(statSync(join(files, "z")).size).toBe(3_000_000);
    await sleep(6000); // It asks every five seconds whether we are still there.
    expect((await runner.runUnit(unit)).cached).toBe(true);
  });
});
