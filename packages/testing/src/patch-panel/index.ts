export type { CommandSelector, Trap } from "./command-traps.ts";
export type { PanelCall, PanelCallListener } from "./observed-driver.ts";
export type { PanelCommand } from "./panel-command.ts";
export type { PatchPanelOptions } from "./panel-options.ts";
export type { GroupMember, Line, PanelConfiguration, PanelState, Plug, Socket } from "./panel-state.ts";
export { ownGroup, type PatchPanel, patchPanel } from "./patch-panel.ts";
