// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { digestOf } from "../../src/unit/digest.ts";
import { describeWithEngines } from "../support/engines.ts";
import { workspace } from "../support/projects.ts";
import { Sandbox } from "../support/sandbox.ts";

/** What is needed here of what `cache show --json` prints. */
interface Shown {
  readonly units: readonly {
    readonly outputs: readonly { readonly path: string; readonly digest: string; readonly role: string }[];
  }[];
}

describeWithEngines(["docker"], "the Containerfile of a unit", ({ docker, image }) => {
  it("builds with docker alone, and gives what the build did", async () => {
    const env = {
      ...{ CARGOGREEN_RUNNER: "buildkit", CARGOGREEN_BASE_IMAGE: image.reference },
      DOCKER_HOST: docker.host,
    };
    const sandbox = new Sandbox({ env });
    onTestFinished(() => sandbox.dispose());
    const project = workspace(sandbox, "project");
    // One library is there already, made on the host: a container gets it as a file.
    await sandbox.green(["build", "-p", "leaf"], { in: project, env: { CARGOGREEN_RUNNER: "host" } });
    await sandbox.green(["build"], { in: project });
    rmSync(join(project, "target"), { recursive: true });
    const show = async (...args: readonly string[]) =>
      (await sandbox.cache(["show", ...args], { in: project })).stdout;
    const refusal = async (...args: readonly string[]) =>
      (await sandbox.cache(["show", ...args], { in: project, expect: "any" })).stderr;

    const text = await show("app", "--containerfile");
    for (const step of [
      "app 1.0.0 (bin app)",
      "core_lib 1.0.0 (lib)",
      "generated 1.0.0 (build script run)",
    ]) {
      expect(text).toContain(`# ${step}\n`);
    }
    expect(text).not.toContain("# leaf 1.0.0");
    expect(text.match(/--network=none/g)).toHaveLength(6);
    for (const [crate, kind] of [
      ["app", "bin"],
      ["core_lib", "lib"],
      ["generated", "build-script-run"],
    ] as const) {
      const context = join(sandbox.root, `context-${crate}`);
      const left = join(sandbox.root, `left-${crate}`);
      const said = await show(crate, "--kind", kind, "--containerfile", "--output", context);
      expect(said).toContain("docker build --output type=local,dest=OUTPUT ");
      await sandbox.run([docker.program, "build", "--output", `type=local,dest=${left}`, context], {
        in: sandbox.root,
      });
      const { units } = JSON.parse(await show(crate, "--kind", kind, "--json")) as Shown;
      const outputs = units.flatMap((unit) => unit.outputs).filter(({ role }) => role === "plain");
      expect(outputs).not.toEqual([]);
      for (const { path, digest } of outputs) {
        expect([path, digestOf(readFileSync(join(left, "out", path)))]).toEqual([path, digest]);
      }
      expect(readFileSync(join(left, "status"), "utf8")).toBe("0\n");
    }
    expect(await refusal("app", "--containerfile", "--output", project)).toContain("is not empty");
    expect(await refusal("leaf", "--containerfile")).toContain("was not built in a container");
  });
});
