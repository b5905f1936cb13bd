// SPDX-License-Identifier: MIT OR Apache-2.0
import { wrapInvocation } from "../cargo/invocation.ts";
import { done, type Interruptible, interruptible } from "../interruptible.ts";
import { replaySummary } from "../ui/build-summary.ts";
import { CargoRun } from "./cargo-process.ts";
import { isInForeground } from "./foreground.ts";
import type { Build } from "./open-build.ts";
import { BuildTarget } from "./replay/build-target.ts";
import { type OnLearnt, type PlannedBuild, planBuild } from "./replay/plan-build.ts";
import { replayBuild } from "./replay/replay-build.ts";
import type { BuildShare } from "./share/build-share.ts";

/** A build whose Cargo has started. */
export interface PreparedBuild {
  /** Undefined if nothing is replayed. */
  readonly planned: PlannedBuild | undefined;
  readonly cargo: CargoRun;
}

/**
 * Plans a build, gets what remotes have of it, lays down what there is, and starts Cargo as soon as it can work beside
 * that. A signal that comes while remotes are waited for ends all of it.
 */
export async function prepareBuild(
  build: Build,
  share: BuildShare | undefined,
): Promise<Interruptible<PreparedBuild>> {
  const { session, log, before, learning } = build;
  let isPreparing = true;
  const cargo = cargoOf(build, () => isPreparing);
  const startCargo = () => cargo.start();
  const blocked = () => before.onStatus("    Blocking waiting for file lock on build directory");
  const target = new BuildTarget({ shim: build.shim, blocked, startCargo });
  // Where Cargo was just asked and nothing is fetched, there is hardly anything to be laid down.
  const expectBuild: OnLearnt = async (place, isRecalled) => {
    if (isRecalled || share !== undefined) await target.expect(place);
  };
  const plan = async () => {
    await share?.begin(); // remotes are waited for longest
    const planned = build.replays ? await planBuild(before, session, expectBuild, learning) : undefined;
    if (planned === undefined) await share?.cancel();
    return { planned, origins: planned && (await share?.complete(planned, build.stream)) };
  };
  const outcome =
    share === undefined
      ? done(await plan())
      : await interruptible((signal) => {
          signal.addEventListener("abort", () => cargo.forbid(), { once: true });
          return share.until(signal, plan);
        });
  if (outcome.kind === "interrupted") {
    await cargo.gone(); // if it was started before, it was told as well
    await target.close();
    return outcome;
  }
  isPreparing = false;
  const { planned, origins } = outcome.value;
  if (planned === undefined) {
    await target.close();
    startCargo();
    return done({ planned, cargo });
  }
  const onLaid = (units: number) => {
    const seconds = (Date.now() - build.started) / 1000;
    const { length } = planned.graph.units;
    if (units > 0) build.tell(replaySummary(length, session.units, origins, seconds));
  };
  await replayBuild(planned, session, { log, target, startCargo, onLaid });
  return done({ planned, cargo });
}

/** @param isHeldBack While it waits for us it has nothing to put away, and is told in any case. */
function cargoOf({ invocation, env, shim, containers, server }: Build, isHeldBack: () => boolean): CargoRun {
  const wrapped = wrapInvocation(invocation, shim, containers?.asked);
  return new CargoRun({
    toolchain: invocation.toolchain,
    args: wrapped.args,
    env: { ...env, RUSTC_WRAPPER: undefined, ...wrapped.env, CARGOGREEN_SOCKET: server.socketPath },
    onSignal: () => server.cancelAll(),
    inForeground: () => !isHeldBack() && isInForeground(),
  });
}
