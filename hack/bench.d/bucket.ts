// SPDX-License-Identifier: MIT OR Apache-2.0
// What a fresh machine waits for with each of several caches that have filled the same bucket.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type S3Server, startS3 } from "../../test/support/services.ts";
import { startSlowLink } from "../../test/support/slow-link.ts";
import { secondsOf } from "./async-run.ts";
import { BUCKET_TOOLS, type BucketTool, type BucketToolName } from "./bucket-tools.ts";
import { rotate, type Site } from "./builds.ts";
import type { PreparedProject } from "./projects.ts";
import { fillIn } from "./tools.ts";

export interface BucketOptions {
  readonly project: PreparedProject;
  readonly tools: readonly BucketToolName[];
  /** Added to each way, milliseconds. */
  readonly latencies: readonly number[];
  readonly trials: number;
  readonly say: (line: string) => void;
}

/** What one tool took at one latency, in each trial. */
export interface BucketTimes {
  readonly latencyMs: number;
  readonly tool: BucketToolName;
  readonly seconds: readonly number[];
  /** Compilations that ran all the same. */
  readonly compiled: readonly number[];
}

/** A machine that has nothing but sources, crates and a compiler; all that is built stays until the end. */
interface Machine {
  readonly tool: BucketTool;
  readonly directory: string;
  readonly checkout: string;
  readonly values: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
}

/** Measures release builds against versitygw on loopback, at each latency, in rounds. */
export async function measureBucket(options: BucketOptions, site: Site): Promise<readonly BucketTimes[]> {
  const { tools, latencies, trials, say } = options;
  const server = await startS3();
  let machines = 0;
  const newMachine = (name: BucketToolName, endpoint: string) => {
    machines += 1;
    return makeMachine(BUCKET_TOOLS[name], String(machines), { ...server, endpoint }, options.project, site);
  };
  const measured = new Map<string, { seconds: number[]; compiled: number[] }>();
  const key = (latencyMs: number, name: BucketToolName) => `${latencyMs} ${name}`;
  try {
    for (const name of tools.filter((each) => each !== "kache-sync")) {
      say(`${options.project.name} release: filling the bucket with ${BUCKET_TOOLS[name].title}`);
      await build(newMachine(name, server.endpoint), BUCKET_TOOLS[name].fill, site);
    }
    for (const latencyMs of latencies) {
      const link = await startSlowLink({ to: Number(new URL(server.endpoint).port), latencyMs });
      try {
        for (let trial = 0; trial < trials; trial++) {
          for (const name of rotate(tools, trial)) {
            const { seconds, compiled } = await build(
              newMachine(name, `http://127.0.0.1:${link.port}`),
              [],
              site,
            );
            const all = measured.get(key(latencyMs, name)) ?? { seconds: [], compiled: [] };
            all.seconds.push(seconds);
            all.compiled.push(compiled);
            measured.set(key(latencyMs, name), all);
            say(`${latencyMs} ms, ${trial + 1}: ${name} ${seconds.toFixed(2)} s, compiled ${compiled}`);
          }
        }
      } finally {
        await link.close();
      }
    }
  } finally {
    await server.close();
  }
  return latencies.flatMap((latencyMs) =>
    tools.map((tool): BucketTimes => {
      const { seconds, compiled } = measured.get(key(latencyMs, tool)) ?? { seconds: [], compiled: [] };
      return { latencyMs, tool, seconds, compiled };
    }),
  );
}

function makeMachine(
  tool: BucketTool,
  name: string,
  { endpoint, bucket, region, credentials }: S3Server,
  project: PreparedProject,
  site: Site,
): Machine {
  const directory = join(site.directory, "bucket", name);
  const runtime = join(site.runtime, name);
  const checkout = join(directory, "checkout");
  const cache = join(directory, "cache");
  for (const each of [cache, runtime]) mkdirSync(each, { recursive: true, mode: 0o700 });
  cpSync(project.source, checkout, { recursive: true });
  const program = site.program(tool.tool.name);
  const values = { program, cache, runtime, checkout, checkouts: checkout, endpoint, bucket, region };
  const filled = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([key, text]) => [fillIn(key, values), fillIn(text, values)] as const);
  for (const [path, text] of [...filled(tool.files), [join(runtime, "empty.toml"), ""] as const]) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const env = {
    ...site.env,
    RUSTC: site.counting.rustc,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...Object.fromEntries(filled(tool.env)),
  };
  return { tool, directory, checkout, values, env };
}

/** Seconds of a build and of what belongs to it, and how many compilations ran; its servers run before, and end after. */
async function build(
  { tool, directory, checkout, values, env }: Machine,
  more: readonly string[],
  { counting }: Site,
): Promise<{ readonly seconds: number; readonly compiled: number }> {
  const target = join(checkout, "target");
  const log = join(directory, "output.log");
  const run = (command: readonly string[]) =>
    secondsOf(
      command.map((text) => fillIn(text, values)),
      { cwd: checkout, env, log },
    );
  for (const command of tool.tool.start) await run(command);
  try {
    counting.take([target]);
    let seconds = 0;
    for (const command of [...tool.before, [...tool.tool.command, "build", "--release", ...more]])
      seconds += await run(command);
    const compiled = counting.take([target]).filter(({ kind }) => kind === "compile").length;
    return { seconds, compiled };
  } finally {
    for (const command of tool.tool.stop) await run(command);
  }
}
