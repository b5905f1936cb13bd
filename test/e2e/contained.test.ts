// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe } from "vitest";
import { ContainedSandbox } from "../support/containers/contained.ts";
import { containedBuilds } from "../support/containers/contained-builds.ts";

describe("containers of bubblewrap", () => containedBuilds(() => new ContainedSandbox()));
