// SPDX-License-Identifier: MIT OR Apache-2.0

import { BuilderCreate } from "./builder/create.ts";
import { BuilderInspect } from "./builder/inspect.ts";
import { BuilderLs } from "./builder/ls.ts";
import { BuilderPin } from "./builder/pin.ts";
import { BuilderRm } from "./builder/rm.ts";
import { BuilderUse } from "./builder/use.ts";
import { CacheAdopt } from "./cache/adopt.ts";
import { CacheCopy } from "./cache/copy.ts";
import { CacheExport } from "./cache/export.ts";
import { CacheImport } from "./cache/import.ts";
import { CacheLs } from "./cache/ls.ts";
import { CachePin } from "./cache/pin.ts";
import { CachePrune } from "./cache/prune.ts";
import { CachePull } from "./cache/pull.ts";
import { CachePush } from "./cache/push.ts";
import { CacheRm } from "./cache/rm.ts";
import { CacheShow } from "./cache/show.ts";
import { CacheStats } from "./cache/stats.ts";
import { CacheUnpin } from "./cache/unpin.ts";
import { CacheVerify } from "./cache/verify.ts";
import { CacheWhy } from "./cache/why.ts";
import { Completion } from "./completion.ts";
import { ConfigShow } from "./config/show.ts";
import { Doctor } from "./doctor.ts";
import { Env } from "./env.ts";
import { Setup } from "./setup.ts";

/** All commands by their oclif id. */
export const commands = {
  "builder:pin": BuilderPin,
  "builder:create": BuilderCreate,
  "builder:inspect": BuilderInspect,
  "builder:ls": BuilderLs,
  "builder:rm": BuilderRm,
  "builder:use": BuilderUse,
  "cache:adopt": CacheAdopt,
  "cache:copy": CacheCopy,
  "cache:export": CacheExport,
  "cache:import": CacheImport,
  "cache:ls": CacheLs,
  "cache:pin": CachePin,
  "cache:prune": CachePrune,
  "cache:pull": CachePull,
  "cache:push": CachePush,
  "cache:rm": CacheRm,
  "cache:show": CacheShow,
  "cache:stats": CacheStats,
  "cache:unpin": CacheUnpin,
  "cache:verify": CacheVerify,
  "cache:why": CacheWhy,
  completion: Completion,
  "config:show": ConfigShow,
  doctor: Doctor,
  env: Env,
  setup: Setup,
} as const;
