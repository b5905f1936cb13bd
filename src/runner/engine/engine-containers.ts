// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Duplex } from "node:stream";
import { GreenError } from "../../error.ts";
import { FrameReader } from "./docker-frames.ts";
import type { EngineApi } from "./engine-api.ts";
import { ExecStream } from "./exec-stream.ts";

/** A container, as far as we look at it. */
export interface Container {
  readonly name: string;
  readonly running: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of the volumes that it has mounted. */
  readonly volumes: readonly string[];
}

/** A container to be made. It is privileged: what it does is to run other containers. */
export interface PrivilegedContainer {
  readonly name: string;
  /** An image that the engine has. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** A volume by name, and where it is mounted. */
  readonly volume: { readonly name: string; readonly target: string };
}

/** An engine's containers. Everything throws GreenError as `EngineApi.call` does. */
export class EngineContainers {
  readonly #api: EngineApi;
  readonly #side: string;

  constructor(api: EngineApi, side: string) {
    this.#api = api;
    this.#side = side;
  }

  /** Undefined if there is none of that name. */
  async find(name: string, signal?: AbortSignal): Promise<Container | undefined> {
    const found = await this.#api.find(`tell of the container "${name}"`, signal, (docker) =>
      docker.getContainer(name).inspect(),
    );
    return (
      found && {
        name,
        running: found.State.Running,
        labels: found.Config.Labels ?? {},
        volumes: found.Mounts.flatMap((mount) => (mount.Type === "volume" && mount.Name ? [mount.Name] : [])),
      }
    );
  }

  async start(name: string, signal?: AbortSignal): Promise<void> {
    await this.#api.call(`start the container "${name}"`, signal, (docker) =>
      docker.getContainer(name).start(),
    );
  }

  /** Makes a container without starting it. It comes back after a restart of the engine, unless it was stopped. */
  async create({ name, image, labels, volume }: PrivilegedContainer, signal?: AbortSignal): Promise<void> {
    await this.#api.call(`make the container "${name}"`, signal, async (docker) => {
      const { SecurityOptions: options } = (await docker.info()) as {
        readonly SecurityOptions?: readonly string[];
      };
      // Privileged containers do not go with mapped users (https://docs.docker.com/engine/security/userns-remap/).
      const mapped = options?.some((option) => option.startsWith("name=userns")) === true;
      return docker.createContainer({
        ...{ name, Image: image, Labels: { ...labels } },
        HostConfig: {
          // BuildKit leaves processes that nobody else would clean up.
          ...{ Privileged: true, Init: true, RestartPolicy: { Name: "unless-stopped" } },
          ...(mapped ? { UsernsMode: "host" } : {}),
          Mounts: [{ Type: "volume", Source: volume.name, Target: volume.target }],
        },
      });
    });
  }

  /** The last lines of what a container printed. */
  async logs(name: string, lines: number, signal?: AbortSignal): Promise<string> {
    const bytes = await this.#api.call(`show the logs of the container "${name}"`, signal, (docker) =>
      docker.getContainer(name).logs({ stdout: true, stderr: true, tail: lines }),
    );
    return [...new FrameReader().read(bytes)]
      .map((piece) => String(piece.bytes))
      .join("")
      .trim();
  }

  /** Removes a container, running or not, and volumes. What is not there is fine. */
  async remove(name: string, volumes: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#api.find(`remove the container "${name}"`, signal, (docker) =>
      docker.getContainer(name).remove({ force: true, v: true }),
    );
    for (const volume of volumes) {
      await this.#api.find(`remove the volume "${volume}"`, signal, (docker) =>
        docker.getVolume(volume).remove(),
      );
    }
  }

  /**
   * Starts a program in a running container; its input and output are the stream. If it writes to its standard error,
   * the stream ends with "unreachable" and those words.
   */
  async exec(name: string, argv: readonly string[], signal?: AbortSignal): Promise<Duplex> {
    const connection = await this.#api.call(
      `start \`${argv[0]}\` in the container "${name}"`,
      signal,
      async (docker) => {
        const exec = await docker
          .getContainer(name)
          .exec({ Cmd: [...argv], AttachStdin: true, AttachStdout: true, AttachStderr: true });
        return exec.start({ hijack: true, stdin: true });
      },
    );
    return new ExecStream(
      connection,
      (words) =>
        new GreenError("unreachable", `\`${argv.join(" ")}\` in the container "${name}": ${words}`, {
          side: this.#side,
        }),
    );
  }
}
