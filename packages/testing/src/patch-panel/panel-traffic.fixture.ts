import type { Listener, Speaker, Traffic } from "@reeve/driver-sdk/conformance";
import { markOf, type Point } from "@reeve/driver-sdk/network";
import type { PanelState } from "./panel-state.ts";
import type { PatchPanel } from "./patch-panel.ts";

interface Voice {
  readonly word: string;
  /** The lines that it is on now. */
  lines(now: PanelState): readonly string[];
}

interface Ear {
  readonly heard: Set<string>;
  lines(now: PanelState): readonly string[];
}

/** What would flow through a panel: a word arrives when both ends were on one line after any command. */
export function panelTraffic(panel: PatchPanel, physicalNetwork: string): Traffic {
  const voices = new Set<Voice>();
  const ears = new Set<Ear>();
  const flow = (now: PanelState) => {
    for (const { word, lines: said } of voices) {
      const on = new Set(said(now).filter((line) => line in now.lines));
      for (const { heard, lines } of ears) if (lines(now).some((line) => on.has(line))) heard.add(word);
    }
  };
  panel.watch(flow);
  const speak = (voice: Voice): Speaker => {
    voices.add(voice);
    flow(panel.state());
    return { stop: () => void voices.delete(voice) };
  };
  return {
    async listen(point): Promise<Listener> {
      const heard = new Set<string>();
      const ear = { heard, lines: (now: PanelState) => carriedAt(now, point) };
      ears.add(ear);
      flow(panel.state());
      return { heard: () => [...heard], stop: () => void ears.delete(ear) };
    },
    async speak({ portId, point }, word, mac) {
      const label = `rv-${markOf(portId)}`;
      return speak({
        word,
        lines(now) {
          const plug = now.plugs[label];
          if (!plug || (plug.guard && plug.guard.mac !== (mac ?? plug.mac))) return [];
          const carried = Object.keys(now.sockets[plug.socket] ?? {});
          return point.kind === "switchport" ? carried.filter((line) => line === plug.note?.line) : carried;
        },
      });
    },
    async speakOutside(vlanId, word) {
      return speak({ word, lines: () => [`${physicalNetwork}/${vlanId ?? 0}`] });
    },
  };
}

/** All that reaches a namespace or a switch's interface. */
function carriedAt(now: PanelState, point: Point): readonly string[] {
  const place =
    point.kind === "switchport"
      ? `switchport ${point.interface}`
      : point.kind === "netns"
        ? `netns ${point.namespace} `
        : "tap ";
  return Object.entries(now.sockets)
    .filter(([socket]) => socket === place || (point.kind !== "switchport" && socket.startsWith(place)))
    .flatMap(([, members]) => Object.keys(members));
}
