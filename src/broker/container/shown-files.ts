// SPDX-License-Identifier: MIT OR Apache-2.0
import { listShownFiles } from "../../containerfile/ignore/list-shown-files.ts";

/**
 * Which files of packages that can change containers get to see: what `.dockerignore` and `.gitignore` leave of their
 * workspace, found out once a build.
 */
export class ShownFiles {
  readonly #lists = new Map<string, Promise<readonly string[]>>();

  /**
   * Those in a directory, relative to it.
   * @param around the workspace that it lies in, whose `.dockerignore` counts; undefined if there is none
   */
  async in(directory: string, around: string | undefined): Promise<readonly string[]> {
    if (around === undefined || !`${directory}/`.startsWith(`${around}/`)) return this.#list(directory);
    const all = await this.#list(around);
    const prefix = directory === around ? "" : `${directory.slice(around.length + 1)}/`;
    return all.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
  }

  #list(directory: string): Promise<readonly string[]> {
    const known = this.#lists.get(directory);
    if (known !== undefined) return known;
    const list = listShownFiles(directory);
    this.#lists.set(directory, list);
    list.catch(() => this.#lists.delete(directory));
    return list;
  }
}
