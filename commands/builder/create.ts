// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";
import { Args, Flags } from "@oclif/core";
import { BUILDER_DRIVERS, type BuilderEntry } from "../../src/runner/buildkit/connection/builder-entry.ts";
import { engineNamed, tlsOf } from "../../src/runner/buildkit/connection/builder-url.ts";
import type { NewContainer } from "../../src/runner/buildkit/connection/container-builder.ts";
import { settingsPlace } from "../../src/runner/buildkit/connection/find-builder.ts";
import { checkNewName } from "../../src/runner/buildkit/connection/new-name.ts";
import { usable } from "../../src/runner/buildkit/connection/unsupported.ts";
import type { DockerSources } from "../../src/runner/engine/docker-files.ts";
import { planBuilderAdd, planBuilderUse } from "../../src/setup/builder-settings.ts";
import { applyChange } from "../../src/setup/file-change.ts";
import { builderReportJson, formatBuilder, formatBuilderErrors } from "../../src/ui/builders.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { BuilderCommand } from "./builder-command.ts";

const file = (summary: string) => Flags.string({ helpValue: "FILE", summary });

export class BuilderCreate extends BuilderCommand {
  static override summary = "Make a builder, or write down where one is";
  static override description =
    "With an address, that is written as [builders.NAME] into green.toml in CARGO_HOME. Without, BuildKit is started in a " +
    "container of a docker engine, as `docker buildx create` does, and that is written down. Docker's own files stay as " +
    "they are.";
  static override examples = [
    "<%= config.bin %> builder create mine --use",
    "<%= config.bin %> builder create big ssh://me@bigger.example",
    "<%= config.bin %> builder create team tcp://buildkit.example:1234 --ca ca.pem --cert cert.pem --key key.pem",
  ];
  static override usage = "builder create NAME [ADDRESS] [OPTIONS]";
  static override args = {
    name: Args.string({ required: true, description: "What it is to be called" }),
    address: Args.string({
      description: "tcp://HOST:PORT, unix://PATH, ssh://USER@HOST or docker-container://NAME",
    }),
  };
  static override flags = {
    driver: Flags.option({
      options: BUILDER_DRIVERS,
      summary: "What is at the address: a docker engine, a container of one, a buildkitd",
    })(),
    engine: Flags.string({
      helpValue: "CONTEXT",
      summary: "Docker context, or address, of the container's engine",
    }),
    image: Flags.string({ helpValue: "IMAGE", summary: "Image of BuildKit for the container" }),
    ca: file("Authorities to trust, PEM"),
    cert: file("The certificate that we show, PEM"),
    key: file("Its key, PEM"),
    "server-name": Flags.string({
      helpValue: "HOST",
      summary: "Whom the other side's certificate must name",
    }),
    use: Flags.boolean({ summary: "Also choose it, as `builder use` does" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(BuilderCreate);
    const { name, address } = args;
    const { resolved, settings, sources } = await this.known();
    const path = this.userFile(resolved);
    await checkNewName(name, settings, sources);
    const { driver, engine, image, "server-name": serverName } = flags;
    const [ca, cert, key] = [flags.ca, flags.cert, flags.key].map((each) => each && resolve(each));
    const said = { driver, engine, ca, cert, key, serverName };
    const stream = flags.json ? undefined : process.stderr;
    const entry =
      address === undefined
        ? await withProgress({ title: `Making ${name}`, stream }, (say) =>
            this.makeContainer({ builder: name, image, say }, said, sources),
          )
        : { url: address, ...said };
    const place = await settingsPlace(
      name,
      flags.use ? path : "",
      { chosen: undefined, builders: { [name]: entry } },
      sources,
    );
    usable(place);
    await applyChange(await planBuilderAdd(path, name, entry));
    if (flags.use) await applyChange(await planBuilderUse(path, name));
    const rows = await withProgress({ title: `Asking ${name}`, stream }, () =>
      this.probe([{ name, place, current: flags.use }], { start: false }),
    );
    for (const row of rows) {
      this.print(flags, { json: () => builderReportJson(row), text: (view) => formatBuilder(row, view) });
    }
    if (!flags.json) process.stderr.write(formatBuilderErrors(rows));
  }

  /** Makes a container of the engine that is meant; what is said of TLS is said of that engine. */
  private async makeContainer(
    wanted: Omit<NewContainer, "signal">,
    said: Omit<BuilderEntry, "url">,
    sources: DockerSources,
  ): Promise<BuilderEntry> {
    const { makeContainer } = await import("../../src/runner/buildkit/connection/container-builder.ts");
    const place = await engineNamed(said.engine, "--engine", tlsOf(said), sources);
    return this.untilInterrupted((signal) => makeContainer(place, { ...wanted, signal }, process.env));
  }
}
