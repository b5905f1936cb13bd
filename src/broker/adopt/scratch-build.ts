// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CargoInvocation } from "../../cargo/invocation.ts";
import { buildScriptRunDirectory, placeInTarget } from "../../cargo/target-layout.ts";
import { GreenError } from "../../error.ts";
import type { FinalAnswer, ShimRequest } from "../protocol.ts";
import { askCargo } from "../replay/ask-cargo.ts";
import { startServer } from "../server.ts";
import { REAL_SUFFIX } from "../stand-in.ts";
import { utf8Request } from "../utf8-request.ts";
import { type CargoDirectories, scratchInvocation } from "./scratch-invocation.ts";

export interface ScratchBuild {
  readonly invocation: CargoInvocation;
  /** What plain Cargo would be started with. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The native shim. */
  readonly shim: string;
  /** Where the socket goes: of mode 0700. */
  readonly socketDirectory: string;
  /** The user's. Only read. */
  readonly directories: CargoDirectories;
  /** An empty directory from which programs can be started. */
  readonly scratch: string;
  readonly onError: (error: GreenError) => void;
}

/** A unit that Cargo asked for. */
export interface AskedUnit {
  /** As Cargo asked, in the scratch directories. */
  readonly scratch: ShimRequest;
  /** What it would have been in the user's. */
  readonly request: ShimRequest;
}

/**
 * Has the real Cargo go through a whole build in empty directories without building anything: every compiler call is
 * said to have worked, every build script to have printed what it printed in the user's directories. So Cargo says
 * of each unit how it would call the compiler, and writes the fingerprint that it would have.
 *
 * @returns each unit after those that it depends on, and Cargo's complaint if it stopped half-way
 * Throws GreenError "environment" if Cargo asks for nothing and fails, else as `scratchInvocation` and `startServer` do.
 */
export async function askForUnits(
  build: ScratchBuild,
): Promise<{ readonly asked: readonly AskedUnit[]; readonly complaint: string | undefined }> {
  const { invocation, env, cwd, shim, directories, scratch, onError } = build;
  const places = { target: join(scratch, "target"), build: join(scratch, "build") };
  if (directories.target === directories.build) places.build = places.target;
  const { args, env: wrapping } = scratchInvocation(invocation, shim, places);
  const toUser = (text: string) =>
    text.replaceAll(places.build, directories.build).replaceAll(places.target, directories.target);
  const asked: AskedUnit[] = [];
  const server = await startServer({
    socketPath: join(build.socketDirectory, `${randomBytes(6).toString("hex")}.sock`),
    handle: async (raw) => {
      const request = utf8Request(raw);
      if (request === undefined) return done();
      const unit = { scratch: request, request: mapRequest(request, toUser) };
      asked.push(unit);
      return request.role === "build-script"
        ? done(printedBy(unit.request))
        : done(leaveStandIn(request, shim));
    },
    onError,
  });
  try {
    const { code, complaint } = await askCargo({
      toolchain: invocation.toolchain,
      args,
      env: { ...env, RUSTC_WRAPPER: undefined, ...wrapping, CARGOGREEN_SOCKET: server.socketPath },
      cwd,
    });
    if (code === 0) return { asked, complaint: undefined };
    const reason = complaint ?? `it ended with ${code}`;
    if (asked.length === 0) throw new GreenError("environment", `Cargo does not build this: ${reason}`);
    return { asked, complaint: reason };
  } finally {
    server.cancelAll();
    await server.close();
  }
}

function mapRequest({ role, argv, cwd, env }: ShimRequest, map: (text: string) => string): ShimRequest {
  const mapped = [...env].map(([name, value]) => [name, map(value)] as const);
  return { role, argv: argv.map(map), cwd: map(cwd), env: new Map(mapped) };
}

function done(stdout: Uint8Array = Buffer.alloc(0)): FinalAnswer {
  return { kind: "finish", code: 0, stdout, stderr: Buffer.alloc(0) };
}

/** What a build script printed in the user's directory; nothing if it did not run there. */
function printedBy({ env }: ShimRequest): Uint8Array {
  const outDir = env.get("OUT_DIR") ?? "";
  const place = placeInTarget(outDir, env.get("TARGET"));
  const name = place?.layout === "v2" ? "stdout" : "output";
  try {
    return place === undefined
      ? Buffer.alloc(0)
      : readFileSync(join(buildScriptRunDirectory(outDir, place.layout), name));
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * Cargo will start what it takes for a build script's executable: it gets the shim in that place, and beside it,
 * where the shim looks for the real one, what cannot be started.
 */
function leaveStandIn({ argv, cwd }: ShimRequest, shim: string): undefined {
  const after = (name: string) => argv[argv.indexOf(name) + 1] ?? "";
  const name = after("--crate-name");
  if (!argv.includes("--crate-name") || !name.startsWith("build_script_")) return;
  const suffix = argv.findLast((arg) => arg.startsWith("extra-filename="))?.slice("extra-filename=".length);
  const directory = resolve(cwd, after("--out-dir"));
  const path = join(directory, name + (suffix ?? ""));
  mkdirSync(directory, { recursive: true });
  for (const each of [path, path + REAL_SUFFIX]) rmSync(each, { force: true });
  linkSync(shim, path);
  writeFileSync(path + REAL_SUFFIX, "");
}
