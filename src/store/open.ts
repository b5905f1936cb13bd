// SPDX-License-Identifier: MIT OR Apache-2.0
export { openUnitStore as openStore } from "./open-unit-store.ts";
