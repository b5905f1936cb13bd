// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { describeWithEngines } from "../support/engines.ts";
import { manifest } from "../support/projects.ts";
import { Sandbox } from "../support/sandbox.ts";

describeWithEngines(["docker"], "the trace of a build in containers", ({ docker, image }) => {
  it("tells what the builder did: its vertex, when, whether it had it, what was sent", async () => {
    const sandbox = new Sandbox({
      env: {
        ...{ CARGOGREEN_RUNNER: "buildkit", CARGOGREEN_BASE_IMAGE: image.reference },
        ...{ DOCKER_HOST: docker.host, CARGOGREEN_TRACE_PREFIX: "[{crate} {stream}] " },
      },
    });
    onTestFinished(() => sandbox.dispose());
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "src/main.rs": `fn main() { let unused = ${Date.now()}u64; }\n`,
    });
    const trace = () => {
      const [made = ""] = readdirSync(join(project, "target/green-trace"));
      const directory = join(project, "target/green-trace", made);
      const [own = ""] = readdirSync(directory).filter((name) => name.startsWith("0001"));
      const read = (...names: readonly string[]) => readFileSync(join(directory, ...names), "utf8");
      const { traceEvents } = JSON.parse(read("trace.json"));
      return { unit: JSON.parse(read(own, "unit.json")), events: traceEvents, output: read("output.log") };
    };
    await sandbox.green(["build"], { in: project, env: { CARGOGREEN_LOG: "trace" } });
    const cold = trace();
    const [run] = cold.unit.containers;
    expect(cold.unit.containers).toHaveLength(1);
    expect(run).toMatchObject({ cached: false, status: 0, vertex: expect.stringMatching(/^sha256:/) });
    expect(run.completedMs).toBeGreaterThan(run.startedMs);
    expect(run.fileBytes).toBeGreaterThan(1000);
    expect(cold.output).toMatch(/^\[app stderr\] .*unused variable/m);
    const builders = cold.events.filter(({ pid }: { readonly pid: number }) => pid === 2);
    expect(builders.map(({ ph }: { readonly ph: string }) => ph).sort()).toEqual(
      expect.arrayContaining(["M", "X", "i"]),
    );

    rmSync(join(project, "target"), { recursive: true });
    rmSync(sandbox.store, { recursive: true });
    await sandbox.green(["build", "--trace"], { in: project });
    expect(trace().unit.containers).toMatchObject([{ cached: true, vertex: run.vertex }]);
  });
});
