// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerUnit } from "../../containerfile/container-unit.ts";
import type {
  ContainerRun,
  ContainerRunner,
  ContainerRunOptions,
} from "../../runner/container/container-runner.ts";

/** A builder that is connected to when it is first asked for something; and again if that failed. */
export class LazyBuilder implements ContainerRunner {
  readonly kind: ContainerRunner["kind"];
  readonly #open: () => Promise<ContainerRunner>;
  readonly #closeUnopened: () => Promise<void>;
  #opened: Promise<ContainerRunner> | undefined;

  /** @param closeUnopened ends what there is if nothing was ever asked */
  constructor(
    kind: ContainerRunner["kind"],
    open: () => Promise<ContainerRunner>,
    closeUnopened: () => Promise<void>,
  ) {
    this.kind = kind;
    this.#open = open;
    this.#closeUnopened = closeUnopened;
  }

  /** Throws as opening it does. */
  async connect(): Promise<void> {
    await this.#builder();
  }

  async run(unit: ContainerUnit, options: ContainerRunOptions): Promise<ContainerRun> {
    return (await this.#builder()).run(unit, options);
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await (opened === undefined ? this.#closeUnopened() : opened.close());
  }

  #builder(): Promise<ContainerRunner> {
    if (this.#opened !== undefined) return this.#opened;
    const opening = this.#open();
    this.#opened = opening;
    opening.catch(() => {
      this.#opened = undefined;
    });
    return opening;
  }
}
