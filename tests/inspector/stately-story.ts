import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Supervisor } from "@reeve/runtime";
import { expect, onTestFinished } from "vitest";
import { token } from "./watched-fleet.ts";

/** A frame as the official receiver hands it on. */
export interface Frame {
  readonly type: "@xstate.actor" | "@xstate.event" | "@xstate.snapshot";
  readonly sessionId: string;
  readonly rootId: string;
  readonly parentId?: string;
  readonly sourceId?: string;
  readonly name?: string;
  readonly definition?: string;
  readonly event?: { readonly type: string; readonly [key: string]: unknown };
  readonly snapshot?: { readonly status: string; readonly value: unknown; readonly context: any };
}

const program = fileURLToPath(new URL("../../packages/inspector/src/stately-receiver.fixture.ts", import.meta.url));

/** What the official receiver receives of a supervisor's inspector, checked as it comes: each actor's life is whole and in order. */
export async function story(supervisor: Supervisor) {
  const { port } = new URL(supervisor.inspectorUrl!);
  const address = `ws://127.0.0.1:${port}/inspect?token=${token}`;
  const child = spawn(process.execPath, [program, address], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  const frames: Frame[] = [];
  const names = new Map<string, string>();
  const ended = new Set<string>();
  const faults: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const frame = JSON.parse(line) as Frame;
    frames.push(frame);
    const { type, sessionId, rootId, parentId, sourceId, snapshot } = frame;
    if (type === "@xstate.actor") {
      if (names.has(sessionId)) faults.push(`${sessionId} begins twice`);
      names.set(sessionId, frame.name!);
      if (parentId === undefined && rootId !== sessionId) faults.push(`${sessionId} is below nothing`);
    } else if (!names.has(sessionId)) faults.push(`${type} of ${sessionId}, which has not begun`);
    for (const id of [rootId, parentId, sourceId]) {
      if (id !== undefined && !names.has(id)) faults.push(`${type} of ${sessionId} names ${id}, which has not begun`);
    }
    for (const id of [rootId, parentId, sessionId]) {
      if (id !== undefined && ended.has(id)) faults.push(`${type} of ${sessionId} comes after the end of ${id}`);
    }
    if (type === "@xstate.snapshot" && snapshot!.status !== "active") ended.add(sessionId);
  });
  const lines = () => frames.map((frame) => lineOf(frame, names));
  return {
    frames,
    lines,
    /** Ids of what lives, by name. */
    live: () =>
      [...names]
        .filter(([id]) => !ended.has(id))
        .map(([, name]) => name)
        .sort(),
    /** How often an actor of that name has begun, and how often one has ended. */
    lives: (name: string) => {
      const ids = [...names].filter(([, known]) => known === name).map(([id]) => id);
      return [ids.length, ids.filter((id) => ended.has(id)).length];
    },
    idOf: (name: string) => [...names].findLast(([, known]) => known === name)?.[0],
    nameOf: (id: string | undefined) => (id === undefined ? undefined : names.get(id)),
    async until(holds: () => boolean): Promise<void> {
      await expect.poll(holds, { timeout: 10_000 }).toBe(true);
      expect(faults).toEqual([]);
    },
    /** Waits for these lines, in this order, with whatever there is between them. */
    async tells(...wanted: readonly string[]): Promise<void> {
      const told = () => {
        let from = 0;
        return wanted.filter((line) => {
          const at = lines().indexOf(line, from);
          if (at >= 0) from = at + 1;
          return at >= 0;
        });
      };
      await expect.poll(told, { timeout: 10_000 }).toEqual(wanted);
      expect(faults).toEqual([]);
    },
  };
}

/** `volume/a ← volume.create from scheduler/a`, `volume/a is serving.ready (active)`. */
function lineOf({ type, sessionId, sourceId, event, snapshot }: Frame, names: ReadonlyMap<string, string>): string {
  const name = names.get(sessionId);
  if (type === "@xstate.actor") return `${name} begins`;
  if (type === "@xstate.snapshot") return `${name} is ${stateOf(snapshot!.value)} (${snapshot!.status})`;
  return `${name} ← ${event!.type}${sourceId === undefined ? "" : ` from ${names.get(sourceId)}`}`;
}

function stateOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([state, inner]) => `${state}.${stateOf(inner)}`)
    .join(" ");
}
