import type { Listener, Speaker, Traffic } from "@reeve/driver-sdk/conformance";
import type { Point } from "@reeve/driver-sdk/network";
import type { NexusSimulator } from "@reeve/testing";

interface Voice {
  readonly word: string;
  /** The VLANs in which it is heard now. */
  vlans(): ReadonlySet<number>;
}

interface Ear {
  readonly interface: string;
  readonly heard: Set<string>;
}

/**
 * Frames, where a simulator forwards none: a word has arrived if before or after any command the place it was said at and the
 * place that listens carried the same VLAN.
 */
export function switchTraffic(nexus: NexusSimulator, uplink: string): Traffic {
  const voices = new Set<Voice>();
  const ears = new Set<Ear>();
  let watching = false;

  function look(): void {
    const carried = carriedBy(nexus.runningConfig());
    for (const { interface: name, heard } of ears) {
      const here = carried(name);
      for (const { word, vlans } of voices) if ([...vlans()].some((id) => here.has(id))) heard.add(word);
    }
  }

  /** Before each command of anybody's is after the one before. */
  function watch(): void {
    if (watching) return;
    watching = true;
    nexus.faults.before(/./, look, { times: Number.MAX_SAFE_INTEGER });
  }

  function speaker(voice: Voice): Speaker {
    voices.add(voice);
    look();
    return {
      stop() {
        look();
        voices.delete(voice);
      },
    };
  }

  return {
    async listen(point): Promise<Listener> {
      watch();
      const ear: Ear = { interface: nameOf(point), heard: new Set() };
      ears.add(ear);
      return {
        heard() {
          look();
          return [...ear.heard];
        },
        stop: () => void ears.delete(ear),
      };
    },
    speak: async (from, word) => speaker({ word, vlans: () => carriedBy(nexus.runningConfig())(nameOf(from.point)) }),
    // Untagged is what the native VLAN of the uplink is: 1.
    speakOutside: async (vlanId = 1, word) =>
      speaker({
        word,
        vlans: () => (carriedBy(nexus.runningConfig())(uplink).has(vlanId) ? new Set([vlanId]) : new Set()),
      }),
  };
}

function nameOf(point: Point): string {
  if (point.kind !== "switchport") throw new Error(`a switchport was expected, got ${point.kind}`);
  return point.interface;
}

/** Which existing VLANs pass an interface, as the running configuration says; read on its own, not by the driver's parser. */
function carriedBy(config: string): (name: string) => ReadonlySet<number> {
  const lines = config.split("\n");
  const existing = new Set(lines.flatMap((line) => idsIn(/^vlan ([\d,-]+)$/.exec(line)?.[1])));
  return (name) => {
    const start = lines.indexOf(`interface ${name}`);
    const own: string[] = [];
    for (const line of start < 0 ? [] : lines.slice(start + 1)) {
      if (!line.startsWith(" ")) break;
      own.push(line.trim());
    }
    // A platform names the one of the two that its ports are not by themselves.
    const switched =
      own.includes("switchport") || (!own.includes("no switchport") && !/^ {2}switchport$/m.test(config));
    if (!switched || own.includes("shutdown")) return new Set();
    if (!own.includes("switchport mode trunk")) {
      const access = own.flatMap((line) => /^switchport access vlan (\d+)$/.exec(line)?.[1] ?? []);
      return new Set([Number(access[0] ?? 1)].filter((id) => existing.has(id)));
    }
    const lists = own.flatMap((line) => /^switchport trunk allowed vlan (?:add )?(\S+)$/.exec(line)?.[1] ?? []);
    if (lists.length === 0) return existing;
    return new Set(lists.flatMap(idsIn).filter((id) => existing.has(id)));
  };
}

function idsIn(list: string | undefined): number[] {
  if (!list || list === "none") return [];
  return list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
