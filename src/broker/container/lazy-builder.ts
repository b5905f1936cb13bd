// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerUnit } from "../../containerfile/container-unit.ts";
import type {
  ContainerRun,
  ContainerRunner,
  ContainerRunOptions,
} from "../../runner/container/container-runner.ts";

/** A builder that is connected to when it is first asked for something; and again if that failed. */
export class LazyBuilder<Opened extends ContainerRunner = ContainerRunner> implements ContainerRunner {
  readonly kind: ContainerRunner["kind"];
  readonly #open: () => Promise<Opened>;
  readonly #closeUnopened: () => Promise<void>;
  #opened: Promise<Opened> | undefined;

  /** @param closeUnopened ends what there is if nothing was ever asked */
  constructor(
    kind: ContainerRunner["kind"],
    open: () => Promise<Opened>,
    closeUnopened: () => Promise<void>,
  ) {
    this.kind = kind;
    this.#open = open;
    this.#closeUnopened = closeUnopened;
  }

  /** Throws as opening it does. */
  async connect(): Promise<Opened> {
    return this.#builder();
  }

  async run(unit: ContainerUnit, options: ContainerRunOptions): Promise<ContainerRun> {
    return (await this.#builder()).run(unit, options);
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await (opened === undefined ? this.#closeUnopened() : opened.close());
  }

  #builder(): Promise<Opened> {
    if (this.#opened !== undefined) return this.#opened;
    const opening = this.#open();
    this.#opened = opening;
    opening.catch(() => {
      this.#opened = undefined;
    });
    return opening;
  }
}
