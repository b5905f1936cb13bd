// SPDX-License-Identifier: MIT OR Apache-2.0
import type { PinnedBaseImage } from "../setup/pin-base-image.ts";
import { formatChanges } from "./setup.ts";
import type { TableView } from "./table.ts";

/** What `builder pin` prints: the lines that it changes. */
export function formatPin({ image, change }: PinnedBaseImage, view: Pick<TableView, "paint">): string {
  if (change.before === change.after) return `${change.path} has it: ${image}\n`;
  return formatChanges([change], view);
}

/** The same for programs. */
export function pinJson({ image, change }: PinnedBaseImage, done: boolean): object {
  return { image, file: change.path, done };
}
