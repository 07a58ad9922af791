import { failureOf, stepsOfWork } from "../resource/index.ts";
import { type AttachContext, claimPort, requireMayName } from "./claim.ts";
import type { AttachStep } from "./contract.ts";
import type { Device } from "./device.ts";
import { deviceFailureOf } from "./device-failure.ts";
import type { NetworkHandles, NetworkOperations, Part } from "./handles.ts";
import type { NetworkRecoverers } from "./jobs.ts";
import { Listed } from "./listed.ts";
import type { SegmentKind, Wire } from "./network.ts";
import { activatePort, changePort, portOfWork } from "./port-status.ts";
import { type Wish, wishOf } from "./wish.ts";

/** Why a device did not come to carry a port, and which step that was in. */
class NotAttached extends Error {
  override readonly name = "NotAttached";
  readonly step: AttachStep;

  constructor(step: AttachStep, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.step = step;
  }
}

const following: Readonly<Record<AttachStep, AttachStep>> = {
  claim: "segment",
  segment: "wire",
  wire: "guard",
  guard: "guard",
};

/**
 * Attaches ports to this manager's device: whole or not at all. What fails is undone, and where that fails too the port is in
 * `error` until it is detached. A crash is made good by what the device says: what it carries is finished, the rest undone.
 */
export function attachPorts(
  handles: NetworkHandles,
  kind: SegmentKind,
  device: Device,
): Part<"attach", "port.attaching"> {
  const { store, work, driver, address } = handles;

  const operation: NetworkOperations["attach"] = async function* ({ portId, as: point = { kind: "netns" } }, ctx) {
    requireMayName(point, ctx);
    const claim = await claimPort(handles, kind, { portId, point }, ctx);
    if (claim.wire) return claim.wire;
    const { job, wish } = claim;
    const control = { signal: ctx.signal, cancel: () => work.cancel(portId, ctx.signal.reason) };
    try {
      return yield* stepsOfWork(control, (onStep: (taken: { readonly step: AttachStep }) => void) => {
        onStep({ step: "claim" });
        return work.run(job, async ({ signal }) => {
          const wire = await bring(wish, signal, (step) => onStep({ step }));
          return async (tx) => {
            await activatePort(tx, wish.attachment, "attaching", wire);
            return wire;
          };
        });
      });
    } catch (error) {
      throw await told(error, wish, ctx);
    }
  };

  async function bring(wish: Wish, signal: AbortSignal, onStep?: (step: AttachStep) => void): Promise<Wire> {
    let step: AttachStep = following.claim;
    try {
      const noted = (taken: AttachStep) => {
        step = following[taken];
        onStep?.(taken);
      };
      return await device.attach(wish, signal, { onStep: noted });
    } catch (error) {
      throw new NotAttached(step, error);
    }
  }

  /** What the caller gets for it, once it has been undone or could not be. */
  async function told(error: unknown, { attachment: { portId, generation } }: Wish, ctx: AttachContext) {
    if (!(error instanceof NotAttached)) return error;
    const { step, cause, message: why } = error;
    const failure = deviceFailureOf(cause, address);
    const port = await store.find("ports", portId);
    const isLeft = port?.generation === generation && port.status !== "down";
    if (isLeft) return ctx.fail("ATTACH_FAILED", { step, why, left: "unknown" });
    switch (failure?.kind) {
      case undefined:
        return cause;
      case "unreachable":
        return ctx.fail("HOST_UNREACHABLE", { host: address, why });
      case "foreign":
        return ctx.fail("FOREIGN", { what: failure.what, where: failure.where });
      case "unsupported":
        return ctx.fail("UNSUPPORTED", { ability: failure.ability });
      case "failed":
        return ctx.fail("ATTACH_FAILED", { step, why, left: "nothing" });
    }
  }

  const recover: NetworkRecoverers["port.attaching"] = async (job, context) => {
    const { signal, error } = context;
    const of = { portId: job.resource, generation: job.payload.generation };
    const left = await portOfWork(store, job, "attaching");
    if (!left) return;
    const fault = failureOf(job, context);
    if (left.place) {
      const network = await store.get("networks", left.port.networkId);
      const wish = await wishOf(store, network, left.port, left.place);
      // After a crash nobody was told that it failed: what the device carries is finished.
      const wire = error === undefined ? await finish(wish, signal) : undefined;
      if (wire)
        return async (tx) => {
          await activatePort(tx, of, "attaching", wire);
          return wire;
        };
      const failure = await undo(wish, error, signal);
      if (failure !== undefined) {
        const message = `${fault.message}; it could not be undone: ${failure}`;
        return (tx) => changePort(tx, of, "attaching", { status: "error", fault: { ...fault, message } });
      }
    }
    return (tx) => changePort(tx, of, "attaching", { status: "down", fault });
  };

  /** Undefined when the device does not carry it, or says that it never will. */
  async function finish(wish: Wish, signal: AbortSignal): Promise<Wire | undefined> {
    const listed = new Listed(await driver.list({ signal }));
    const [found] = listed.attachmentsOf(wish.attachment);
    if (!found || (found.generation ?? wish.attachment.generation) !== wish.attachment.generation) return undefined;
    try {
      return await device.attach(wish, signal);
    } catch (error) {
      if (deviceFailureOf(error, address)?.passing === false) return undefined;
      throw error;
    }
  }

  /** Why it could not be undone; undefined when it was. */
  async function undo({ segment, attachment }: Wish, error: unknown, signal: AbortSignal): Promise<string | undefined> {
    const isSent = !(error instanceof NotAttached && error.step === "segment");
    try {
      await device.detach(attachment, segment, signal, isSent);
      return undefined;
    } catch (left) {
      const failure = deviceFailureOf(left, address);
      // After a crash nobody waits for an answer: a device that is away is waited for.
      if (!failure || signal.aborted || (error === undefined && failure.passing)) throw left;
      return failure.why;
    }
  }

  return { operations: { attach: operation }, recover: { "port.attaching": recover } };
}
