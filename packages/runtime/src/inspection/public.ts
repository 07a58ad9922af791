export type { InspectableRuntime, Inspector, InspectorLog, InspectorPage } from "./inspector-port.ts";
export type { CellKind, InspectionPanel, PanelColumn, PanelRow, PanelTable, PanelTotal } from "./panel.ts";
