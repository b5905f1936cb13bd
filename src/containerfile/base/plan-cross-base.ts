// SPDX-License-Identifier: MIT OR Apache-2.0
import { execForm } from "../exec-form.ts";
import { parseContainerfile } from "../parse-containerfile.ts";
import { type Additions, addedSteps } from "./added-steps.ts";
import { type CrossTarget, crossImage } from "./cross-config.ts";
import { debianArchitecture } from "./debian-architecture.ts";
import { formatImage, parseImage } from "./image-reference.ts";
import { officialImage, type RustcVersion } from "./official-image.ts";
import { type BasePlan, containerfilePlan } from "./plan-base.ts";
import { platformOf } from "./platform.ts";

/** Where the official images have the toolchain, and cross's have none. */
const TOOLCHAIN = { CARGO_HOME: "/usr/local/cargo", RUSTUP_HOME: "/usr/local/rustup" } as const;
const PATH = `${TOOLCHAIN.CARGO_HOME}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
const INDENT = "    ";

/**
 * Plans the base of a target that `Cross.toml` has an image or commands for: that image, with the toolchain of the
 * official one, as cross gives its images the local toolchain, and what the commands made.
 * @param script text of the script, if the target's `preBuild` names one
 * @param additions what is added to that
 * @throws GreenError "environment" if there is no official image of the local rustc
 */
export async function planCrossBase(
  target: CrossTarget,
  rustc: RustcVersion,
  script: string | undefined,
  additions: Additions,
): Promise<BasePlan> {
  const platform = platformOf(rustc.host);
  const whole = (image: string) => formatImage(parseImage(image));
  const official = whole(officialImage(rustc));
  const architecture = debianArchitecture(target.triple);
  const text = [
    `FROM --platform=${platform} ${official} AS toolchain`,
    ...(target.triple === rustc.host ? [] : [standardLibraryStep(target.triple)]),
    `FROM --platform=${platform} ${whole(target.image ?? crossImage(target.triple))}`,
    ...Object.values(TOOLCHAIN).map((directory) => `COPY --from=toolchain ${directory} ${directory}`),
    ...Object.entries({ ...TOOLCHAIN, PATH }).map(([name, value]) => `ENV ${name}=${value}`),
    ...(architecture === undefined ? [] : [`ENV CROSS_DEB_ARCH=${architecture}`]),
    ...preBuildSteps(target, script),
    ...addedSteps(additions),
    "",
  ].join("\n");
  return containerfilePlan(await parseContainerfile(text, "The base of Cross.toml"), platform);
}

/** With rustup, unless it is there. */
function standardLibraryStep(triple: string): string {
  const there = `[ -d "$(rustc --print sysroot)/lib/rustlib/${triple}/lib" ]`;
  return `RUN ${there} || rustup target add ${triple}`;
}

/** As cross does it: commands in one shell, or a script that is told the target. */
function preBuildSteps({ triple, preBuild }: CrossTarget, script: string | undefined): readonly string[] {
  if (preBuild === undefined) return [];
  if ("commands" in preBuild) {
    const { commands } = preBuild;
    return commands.length === 0
      ? []
      : [`RUN ${execForm(["/bin/sh", "-c", commands.join("\n")], "\\", INDENT)}`];
  }
  const save = 'printf %s "$0" >/pre-build-script && chmod +x /pre-build-script && /pre-build-script "$1"';
  return [`RUN ${execForm(["/bin/sh", "-c", save, script ?? "", triple], "\\", INDENT)}`];
}
