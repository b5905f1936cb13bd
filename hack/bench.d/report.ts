// SPDX-License-Identifier: MIT OR Apache-2.0
// Everything that was measured, for people: text for stdout, and charts.
import { writeFileSync } from "node:fs";
import { formatBucket } from "./bucket-report.ts";
import { drawBuilds, drawSweep } from "./chart.ts";
import { formatClaims } from "./claims.ts";
import { formatContainers } from "./containers-report.ts";
import { formatMade, type Made } from "./machine.ts";
import type { Part } from "./options.ts";
import { formatRemote } from "./remote-report.ts";
import type { Results } from "./results.ts";
import { formatSandbox } from "./sandbox.ts";
import { formatGrowth, growthOf } from "./slope.ts";
import { formatStartup } from "./startup.ts";
import { formatStoreCommands } from "./store-commands.ts";
import { summarize } from "./summary.ts";
import { formatBuilds } from "./table.ts";

/** The sections of these parts, as far as they are there. */
export function formatResults(results: Results, parts: readonly Part[]): string {
  const { builds, sweep, sandbox, startup, store, remote, buildkit } = results;
  const texts: Readonly<Record<Part, () => string>> = {
    builds: () => {
      const groups = summarize(builds?.trials ?? []);
      const claims = groups.map((group) => `${group.project}, ${group.profile}\n${formatClaims(group)}`);
      return section("builds", builds?.made, [formatBuilds(groups), ...claims].join("\n"));
    },
    sweep: () => section("sweep", sweep?.made, formatGrowth(growthOf(sweep?.trials ?? []))),
    sandbox: () => {
      const costs = sandbox?.costs ?? [];
      const cold = formatBuilds(summarize(sandbox?.trials ?? []));
      return section("sandbox", sandbox?.made, `${costs.length > 0 ? formatSandbox(costs) : ""}\n${cold}`);
    },
    startup: () => section("startup", startup?.made, formatStartup(startup?.measured ?? [])),
    store: () => {
      const title = `store of ${store?.records ?? 0} records`;
      return section(title, store?.made, formatStoreCommands(store?.commands ?? []));
    },
    remote: () => {
      const body = [formatRemote(remote?.times ?? []), formatBucket(remote?.bucket ?? [])].join("\n");
      return section(`remote, ${remote?.project}`, remote?.made, body);
    },
    buildkit: () =>
      section(`containers, ${buildkit?.project}`, buildkit?.made, formatContainers(buildkit?.times ?? [])),
  };
  return parts.map((part) => (results[part] === undefined ? "" : texts[part]())).join("\n");
}

/** Writes the charts beside the JSON file; returns where. */
export function writeCharts(results: Results, json: string): readonly string[] {
  const { builds, sweep } = results;
  const charts = {
    builds: builds && drawBuilds(summarize(builds.trials), formatMade(builds.made)),
    sweep: sweep && drawSweep(growthOf(sweep.trials), formatMade(sweep.made)),
  };
  return Object.entries(charts).flatMap(([name, svg]) => {
    if (svg === undefined) return [];
    const path = `${json.replace(/\.json$/, "")}-${name}.svg`;
    writeFileSync(path, `${svg}\n`);
    return [path];
  });
}

function section(title: string, made: Made | undefined, body: string): string {
  return `== ${title}\n${made === undefined ? "" : `${formatMade(made)}\n`}\n${body}`;
}
