// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundledCli } from "../commands/run-cli.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { describeWithEngines } from "../support/engines.ts";

const runCli = bundledCli();

describeWithEngines(["docker"], "builder pin", ({ image }) => {
  const tagged = image.reference.replace(/@.*/, `:${image.rustc}`);

  test("asks the registry, shows what it would write, and writes it", () => {
    const home = temporaryDirectory();
    mkdirSync(join(home, ".cargo"));
    const file = join(home, ".cargo", "green.toml");
    const text = `# mine\nbase-image = "${tagged}"\n`;
    writeFileSync(file, text);
    const pin = (...args: string[]) => runCli(["builder", "pin", ...args], home, { PATH: "/usr/bin:/bin" });
    const pinned = `${tagged}@${image.digest}`;

    const dry = pin("--dry-run");
    expect(dry.stderr).toBe("");
    expect(dry.stdout).toContain(`+ base-image = "${pinned}"`);
    expect(readFileSync(file, "utf8")).toBe(text);

    expect(JSON.parse(pin("--json").stdout)).toMatchObject({ image: pinned, file, done: true });
    expect(readFileSync(file, "utf8")).toBe(`# mine\nbase-image = "${pinned}"\n`);
    expect(pin().stdout).toBe(`${file} has it: ${pinned}\n`);

    writeFileSync(file, text.replace(image.rustc, "0"));
    expect(pin()).toMatchObject({ status: 4, stderr: expect.stringContaining("There is no image") });
  });
});
