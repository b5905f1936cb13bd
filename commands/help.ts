// SPDX-License-Identifier: MIT OR Apache-2.0
import { Help, type Interfaces } from "@oclif/core";
import { BUILDER_SCREEN, CACHE_SCREEN, ROOT_SCREEN } from "./screens.ts";

const TOPIC_SCREENS: Readonly<Record<string, string>> = { builder: BUILDER_SCREEN, cache: CACHE_SCREEN };

/** Help as \`cargo green\` shows it: our own screens above, oclif's for single commands. */
export class GreenHelp extends Help {
  override async showRootHelp(): Promise<void> {
    this.log(ROOT_SCREEN);
  }

  override async showTopicHelp(topic: Interfaces.Topic): Promise<void> {
    this.log(TOPIC_SCREENS[topic.name] ?? ROOT_SCREEN);
  }
}
