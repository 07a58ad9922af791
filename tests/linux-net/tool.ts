import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs a program behind the driver's back, as an operator would. */
export async function tool(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(program, args, { env: { ...process.env, LC_ALL: "C" }, maxBuffer: 64 * 2 ** 20 });
  return stdout;
}

/** The same for a program that reads. */
export async function fed(input: string, program: string, ...args: string[]): Promise<void> {
  const running = run(program, args, { env: { ...process.env, LC_ALL: "C" } });
  running.child.stdin?.end(input);
  await running;
}

/** Runs lines of `ip -batch`, all of them however each ends. */
export async function ipLines(lines: readonly string[]): Promise<void> {
  const child = run("ip", ["-force", "-batch", "-"]);
  child.child.stdin?.end(lines.map((line) => `${line}\n`).join(""));
  await child.catch(() => {});
}

interface Dumped {
  readonly ifname?: string;
  readonly ifindex?: number;
  readonly link_index?: number;
  readonly link_netnsid?: number;
  readonly group?: string;
  readonly flags?: string[];
  readonly mtu?: number;
  readonly address?: string;
  readonly master?: string;
  readonly ifalias?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: {
      readonly vlan_filtering?: number;
      readonly vlan_default_pvid?: number;
      readonly id?: number;
    };
    readonly info_slave_data?: { readonly locked?: boolean; readonly learning?: boolean };
  };
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number; readonly scope?: string }[];
}

/** Every link of a namespace, as `ip` tells of it. */
export async function dump(namespace?: string): Promise<Dumped[]> {
  const where = namespace === undefined ? [] : ["-n", namespace];
  return JSON.parse(await tool("ip", ...where, "-j", "-d", "address", "show")) as Dumped[];
}

/** One link as a line, without what is new each time it is made and what comes by itself. */
export function factOf(link: Dumped): string {
  const { info_kind: kind, info_data: data, info_slave_data: port } = link.linkinfo ?? {};
  const addresses = (link.addr_info ?? [])
    .filter(({ scope }) => scope !== "link")
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
    .sort();
  return JSON.stringify([
    link.ifname,
    kind,
    link.group,
    link.flags?.includes("UP"),
    link.mtu,
    link.address,
    link.master,
    link.ifalias,
    data?.vlan_filtering,
    data?.vlan_default_pvid,
    data?.id,
    port?.locked,
    port?.learning,
    addresses,
  ]);
}
