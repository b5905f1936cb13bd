// SPDX-License-Identifier: MIT OR Apache-2.0
const UNITS = ["kB", "MB", "GB", "TB", "PB"] as const;

/** Bytes as people write them, decimal: `512 B`, `3.1 MB`, `38 MB`, `412 GB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = "B";
  for (const next of UNITS) {
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  const digits = value < 99.95 ? value.toFixed(1).replace(/\.0$/, "") : value.toFixed(0);
  return `${digits} ${unit}`;
}
