import type { CleanupRefusal, CleanupReport } from "../../manager/cleanup.ts";
import type { OperationContext } from "../../rpc/callee/context.ts";
import type { AdministeredManager } from "./administered-manager.ts";
import type { HostPort } from "./host-port.ts";
import { shortText } from "./short-text.ts";

type Ctx = OperationContext<any>;

interface Dead {
  readonly manager: string;
  readonly address: string;
}

/** The contract of what each host has of itself: cleaned up after as the host, by its name. */
const hostKind = "host";

/** Has the manager of that kind which lives here finish what it can of a dead address. What cannot be is a declared error. */
export async function cleanUpAfter(port: HostPort, dead: Dead, ctx: Ctx): Promise<CleanupReport> {
  const { manager, address } = dead;
  const report =
    manager === hostKind ? await port.cleanUpHost(address) : await ableOf(port.managers(), dead, ctx).cleanUp(address);
  if (!("refused" in report)) {
    return {
      ...report,
      rows: report.rows.map((row) => ({ ...row, why: row.why === null ? null : shortText(row.why) })),
    };
  }
  return refuse(dead, report, ctx);
}

function ableOf(managers: readonly AdministeredManager[], { manager, address }: Dead, ctx: Ctx) {
  const ofKind = managers.filter(({ spec }) => spec.definition.contract.name === manager);
  const running = ofKind.find((one) => one.address === address && one.life !== undefined);
  if (running) return ctx.fail("STILL_THERE", { manager, address, why: `it is ${running.status.state} on this host` });
  const [, backend] = address.split("@");
  // One of the same backend may share it.
  const able =
    ofKind.find((one) => one.address.split("@")[1] === backend && one.life) ?? ofKind.find(({ life }) => life);
  if (!able) return ctx.fail("CANNOT_CLEAN_UP", { manager, why: `no ${manager} runs on this host` });
  return able.life!;
}

function refuse({ manager, address }: Dead, { refused, why }: CleanupRefusal, ctx: Ctx): never {
  if (refused === "unknown") return ctx.fail("NO_SUCH_ADDRESS", { manager, address });
  return refused === "alive"
    ? ctx.fail("STILL_THERE", { manager, address, why })
    : ctx.fail("CANNOT_CLEAN_UP", { manager, why });
}
