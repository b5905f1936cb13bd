// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RustcIdentity } from "../../cargo/toolchain.ts";
import type { UnitSystem } from "../unit-system.ts";
import { OF_THIS_MACHINE } from "./environment.ts";
import type { UnitImage } from "./image.ts";

/** Units are made with what an image has: its identity stands for all of that. */
export class ImageSystem implements UnitSystem {
  readonly seals = true;
  readonly withheld = OF_THIS_MACHINE;
  readonly #image: Pick<UnitImage, "identity" | "version">;

  constructor(image: Pick<UnitImage, "identity" | "version">) {
    this.#image = image;
  }

  /** The same as on the host where the version pins the compiler. */
  compiler({ text }: RustcIdentity): string {
    const { version } = this.#image;
    return text === version ? text : `${version}\n${this.#named}`;
  }

  async clippy(): Promise<string> {
    return this.#named;
  }

  async linker(): Promise<string> {
    return this.#named;
  }

  async packages(): Promise<string> {
    return this.#named;
  }

  async tools(): Promise<string> {
    return this.#named;
  }

  async confines(): Promise<boolean> {
    return true;
  }

  get #named(): string {
    return `image ${this.#image.identity}`;
  }
}
