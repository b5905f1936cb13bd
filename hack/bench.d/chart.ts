// SPDX-License-Identifier: MIT OR Apache-2.0
// The measurements as SVG, drawn by ECharts, which does so without a browser.
import {
  type CustomSeriesRenderItemAPI,
  type CustomSeriesRenderItemReturn,
  type EChartsOption,
  init,
} from "echarts";
import { PROFILES, SCENARIO_NAMES, SCENARIOS, type Scenario } from "./scenarios.ts";
import { type Growth, slopeText } from "./slope.ts";
import { type Cell, cellOf, type Group, toolsOf } from "./summary.ts";
import { TOOLS, type ToolName } from "./tools.ts";

const COLORS: Readonly<Record<ToolName, string>> = {
  cargo: "#8c8c8c",
  copy: "#c9c9c9",
  green: "#2e9e5b",
  "green-unsandboxed": "#8fd0a8",
  sccache: "#d98032",
  kache: "#4a78c2",
  mbx: "#9a5fb4",
};
const FONT = "system-ui, sans-serif";

/** Pixels. */
const PANEL = { width: 150, left: 130, top: 52, gap: 24, bar: 19, head: 40, foot: 30 };
/** Of the logarithmic axes. */
const LEAST_SECONDS = 0.01;
const WHISKER = 4; // pixels, half of its height

/** A panel for each scenario, a row of them for each project and profile; undefined if there is nothing to draw. */
export function drawBuilds(groups: readonly Group[], footnote: string): string | undefined {
  const scenarios = SCENARIO_NAMES.filter((name) =>
    groups.some(({ cells }) => cells.some(({ scenario }) => scenario === name)),
  );
  if (scenarios.length === 0) return undefined;
  const rows: Row[] = [];
  for (const group of groups) rows.push(rowBelow(rows.at(-1), group));
  const panels = rows.flatMap((row) => scenarios.map((scenario, column) => ({ row, scenario, column })));
  const width = PANEL.left + scenarios.length * (PANEL.width + PANEL.gap) + PANEL.gap;
  const bottom = rows.at(-1)?.bottom ?? 0;
  return render(width, bottom + PANEL.foot, {
    title: [
      heading("Seconds a build takes (median and range, logarithmic)", 16, 12, 10),
      heading(footnote, 11, 12, 32),
      ...rows.map(({ group, top }) => {
        const { project, units, profile } = group;
        const name = profile === "debug" ? "debug, CARGO_INCREMENTAL=0" : PROFILES[profile].name;
        return heading(`${project} · ${name} · ${units} units`, 13, 12, top - PANEL.head);
      }),
      ...panels.map(({ row, scenario, column }) => {
        const { letter, title } = SCENARIOS[scenario];
        return heading(`${letter}: ${title}`, 11, leftOf(column), row.top - 18);
      }),
    ],
    grid: panels.map(({ row, column }) => ({
      left: leftOf(column),
      top: row.top,
      width: PANEL.width,
      height: row.tools.length * PANEL.bar,
    })),
    xAxis: panels.map(({ scenario }, at) => ({ ...timeAxis(groups, scenario), gridIndex: at })),
    yAxis: panels.map(({ row, column }, at) => ({
      type: "category" as const,
      gridIndex: at,
      inverse: true,
      data: row.tools.map((tool) => TOOLS[tool].title),
      axisTick: { show: false },
      axisLabel: { show: column === 0, fontFamily: FONT },
    })),
    series: panels.flatMap(({ row, scenario }, at) => panelSeries(row, scenario, at)),
  });
}

/** Seconds over units, with the line that fits best; undefined if there is nothing to draw. */
export function drawSweep(all: readonly Growth[], footnote: string): string | undefined {
  const growth = all.filter(({ points }) => points.length > 0);
  if (growth.length === 0) return undefined;
  return render(760, 460, {
    title: [heading("A warm build of so many units, in seconds", 16, 12, 10), heading(footnote, 11, 12, 32)],
    legend: { top: 76, left: 80, orient: "vertical", textStyle: { fontFamily: FONT } },
    grid: { left: 60, right: 30, top: 70, bottom: 50 },
    xAxis: { type: "value", name: "units", nameLocation: "middle", nameGap: 28 },
    yAxis: { type: "value", name: "s" },
    series: growth.flatMap(({ tool, points, line }) => {
      const name = `${TOOLS[tool].title}: ${slopeText(line)}`;
      const color = COLORS[tool];
      const ends = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
      const fitted = line === undefined ? [] : ends.map((x) => [x, line.intercept + line.slope * x]);
      return [
        {
          type: "scatter" as const,
          name,
          symbolSize: 8,
          itemStyle: { color },
          data: points.map((point) => [...point]),
        },
        {
          type: "line" as const,
          name,
          showSymbol: false,
          lineStyle: { color, width: 1 },
          itemStyle: { color },
          data: fitted,
        },
      ];
    }),
  });
}

interface Row {
  readonly group: Group;
  readonly tools: readonly ToolName[];
  readonly top: number;
  readonly bottom: number;
}

function rowBelow(above: Row | undefined, group: Group): Row {
  const tools = toolsOf([group]);
  const top = (above === undefined ? PANEL.top : above.bottom + PANEL.foot) + PANEL.head;
  return { group, tools, top, bottom: top + tools.length * PANEL.bar };
}

function leftOf(column: number): number {
  return PANEL.left + column * (PANEL.width + PANEL.gap);
}

function heading(text: string, fontSize: number, left: number, top: number) {
  const fontWeight = fontSize > 12 ? ("bold" as const) : ("normal" as const);
  return {
    text,
    left,
    top,
    padding: 0,
    textStyle: { fontSize, fontWeight, fontFamily: FONT, color: "#333" },
  };
}

/** From the same to the same in all panels of a scenario. */
function timeAxis(groups: readonly Group[], scenario: Scenario) {
  const all = groups.flatMap(({ cells }) => cells.filter((cell) => cell.scenario === scenario));
  const most = Math.max(...all.map(({ seconds }) => seconds?.max ?? 0), 1);
  return {
    type: "log" as const,
    min: LEAST_SECONDS,
    startValue: LEAST_SECONDS,
    max: 10 ** Math.ceil(Math.log10(most)),
    axisLabel: { fontSize: 9, fontFamily: FONT, formatter: (value: number) => `${value}` },
    splitLine: { lineStyle: { color: "#eee" } },
  };
}

function panelSeries({ group, tools }: Row, scenario: Scenario, at: number) {
  const cells = tools.map((tool) => cellOf(group, tool, scenario));
  const ranges = cells.flatMap((cell, place) => {
    const seconds = cell?.seconds;
    return seconds === undefined || seconds.count === 1 ? [] : [[seconds.min, place, seconds.max]];
  });
  return [
    {
      type: "bar" as const,
      xAxisIndex: at,
      yAxisIndex: at,
      barWidth: "70%",
      data: cells.map((cell, place) => bar(cell, tools[place])),
    },
    {
      type: "custom" as const,
      xAxisIndex: at,
      yAxisIndex: at,
      encode: { x: [0, 2], y: 1 },
      data: ranges,
      renderItem: (_: unknown, api: CustomSeriesRenderItemAPI) => whisker(api),
    },
  ];
}

function bar(cell: Cell | undefined, tool: ToolName | undefined) {
  const seconds = cell?.seconds;
  const color = tool === undefined ? "#000" : COLORS[tool];
  // What does not count is no bar, but is not hidden either.
  if (seconds === undefined) {
    const formatter = cell === undefined ? "" : "does not count";
    return { value: LEAST_SECONDS, itemStyle: { color }, label: label(formatter) };
  }
  return { value: seconds.median, itemStyle: { color }, label: label(seconds.median.toPrecision(3)) };
}

function label(formatter: string) {
  return {
    show: formatter !== "",
    position: "insideLeft" as const,
    formatter,
    fontSize: 10,
    fontFamily: FONT,
    color: "#111",
  };
}

function whisker(api: CustomSeriesRenderItemAPI): CustomSeriesRenderItemReturn {
  const place = api.value(1);
  const [fromX = 0, y = 0] = api.coord([api.value(0), place]);
  const [toX = 0] = api.coord([api.value(2), place]);
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: "line" as const,
    shape: { x1, y1, x2, y2 },
    style: { stroke: "#333", lineWidth: 1 },
  });
  return {
    type: "group",
    children: [
      line(fromX, y, toX, y),
      line(fromX, y - WHISKER, fromX, y + WHISKER),
      line(toX, y - WHISKER, toX, y + WHISKER),
    ],
  };
}

function render(width: number, height: number, option: EChartsOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: "#fff", ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
