import type { InspectionPanel, PanelRow } from "../inspection/index.ts";
import { reeveVersion } from "./reeve-version.ts";

interface ServedContract {
  readonly name: string;
  readonly major: number;
  readonly minor: number;
}

interface VersionPanelOptions {
  readonly host: string;
  /** The contracts that its managers serve. */
  served(): readonly ServedContract[];
  /** The lowest minor version of a contract among those that can be called, here and elsewhere. */
  lowestMinor(contract: string, major: number): number | undefined;
}

type Runs = Readonly<Record<"host" | "reeve" | "node", string>>;

/** A host that serves more than callers may ask for comes first. */
const heldBack = -1;

/** What each host runs, and the contracts it serves, with the version that its calls are held to while others serve less. */
export function versionPanel({ host, served, lowestMinor }: VersionPanelOptions): InspectionPanel {
  let reeve: string | undefined;

  function rowOf({ name, major, minor }: ServedContract, runs: Runs): PanelRow {
    const lowest = lowestMinor(name, major) ?? minor;
    return {
      id: `${host} ${name} ${major}.${minor}`,
      ...(lowest < minor && { rank: heldBack }),
      cells: { ...runs, contract: name, serves: `${major}.${minor}`, pin: `${major}.${lowest}` },
    };
  }

  return {
    id: "versions",
    title: "Versions",
    read() {
      const contracts = new Map(served().map((one) => [`${one.name} ${one.major}.${one.minor}`, one]));
      // Read only as somebody looks.
      reeve ??= reeveVersion();
      const runs = { host, reeve, node: process.versions.node };
      const rows = [...contracts.values()].map((contract) => rowOf(contract, runs));
      return {
        columns: [
          { id: "host", label: "Host" },
          { id: "reeve", label: "Reeve" },
          { id: "node", label: "Node" },
          { id: "contract", label: "Contract" },
          { id: "serves", label: "Serves" },
          { id: "pin", label: "Calls may use" },
        ],
        rows: rows.length > 0 ? rows : [{ id: host, cells: { ...runs, contract: null, serves: null, pin: null } }],
      };
    },
  };
}
