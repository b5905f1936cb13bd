// SPDX-License-Identifier: MIT OR Apache-2.0

const COMMON = {
  ...{ alnum: "0-9A-Za-z", alpha: "A-Za-z", blank: "\\t ", cntrl: "\\x00-\\x1f\\x7f", digit: "0-9" },
  ...{
    graph: "!-~",
    lower: "a-z",
    print: " -~",
    punct: "!-\\/:-@\\[-`\\{-~",
    upper: "A-Z",
    xdigit: "0-9A-Fa-f",
  },
};

/** Go's names for sets of ASCII characters, as what stands between the brackets of a regular expression. */
export const GO_NAMED_SETS: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...COMMON, ascii: "\\x00-\\x7f", space: "\\t-\\r ", word: "0-9A-Za-z_" }),
);

/** Those of git, whose spaces are fewer. */
export const GIT_NAMED_SETS: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...COMMON, space: "\\t\\n\\r " }),
);
