// SPDX-License-Identifier: MIT OR Apache-2.0
// Caches that share a bucket, and the settings that their documentation recommends for that.
import { TOOLS, type Tool } from "./tools.ts";

export type BucketToolName = "green" | "sccache" | "kache" | "kache-sync";

/**
 * One way to build with what somebody else left in a bucket. Texts have the placeholders of `Tool`, and `{endpoint}`,
 * `{bucket}`, `{region}`.
 */
export interface BucketTool {
  readonly name: BucketToolName;
  readonly title: string;
  readonly tool: Tool;
  /** Instead of those of the tool for one machine. */
  readonly env: Readonly<Record<string, string>>;
  /** Contents of files, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Timed, before the build. */
  readonly before: readonly (readonly string[])[];
  /** What fills the bucket, after `cargo`; it is what is measured that gets no more arguments. */
  readonly fill: readonly string[];
}

const { KACHE_LOCAL_ONLY: _, ...KACHE } = TOOLS.kache.env;

const kache: BucketTool = {
  name: "kache",
  title: "kache",
  tool: TOOLS.kache,
  env: { ...KACHE, KACHE_CONFIG: "{runtime}/kache.toml" },
  // docs/remote-cache/s3-setup.mdx: for a daemon in a file.
  files: {
    "{runtime}/kache.toml": `[cache.remote]
type = "s3"
bucket = "{bucket}"
prefix = "kache"
region = "{region}"
endpoint = "{endpoint}"
`,
  },
  before: [],
  fill: [],
};

export const BUCKET_TOOLS: Readonly<Record<BucketToolName, BucketTool>> = {
  green: {
    name: "green",
    title: "cargo-green",
    tool: TOOLS.green,
    env: TOOLS.green.env,
    files: {
      "{checkout}/.cargo/green.toml": `[remotes.team]
url = "s3://{bucket}/green?region={region}&endpoint={endpoint}"
visibility = "private"
budget = "30s"
`,
    },
    before: [],
    fill: ["--push"],
  },
  sccache: {
    name: "sccache",
    title: "sccache",
    tool: TOOLS.sccache,
    env: {
      ...TOOLS.sccache.env,
      // docs/S3.md
      SCCACHE_BUCKET: "{bucket}",
      SCCACHE_REGION: "{region}",
      SCCACHE_ENDPOINT: "{endpoint}",
      SCCACHE_S3_USE_SSL: "false",
      SCCACHE_S3_KEY_PREFIX: "sccache",
    },
    files: {},
    before: [],
    fill: [],
  },
  kache,
  // docs/remote-cache/sync.mdx, "CI sequence": everything first, then the build.
  "kache-sync": {
    ...kache,
    name: "kache-sync",
    title: "kache, `sync --pull` first",
    before: [["{program}", "sync", "--pull"]],
  },
};

export const BUCKET_TOOL_NAMES = Object.keys(BUCKET_TOOLS) as readonly BucketToolName[];
