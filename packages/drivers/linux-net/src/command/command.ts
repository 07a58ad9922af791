/** One change of the host. Each is the smallest thing that takes effect whole or not at all. */
export type Command = Tool | Setting;

/** A line for one of iproute2's programs. */
interface Tool {
  readonly program: "ip" | "bridge";
  /** The namespace that it is for. Absent: the host's. */
  readonly namespace?: string | undefined;
  readonly args: readonly string[];
  /** What is not as it should be that this changes. */
  readonly why: string;
}

/** An interface without IPv6: it hears no tenant's router. */
interface Setting {
  readonly program: "sysctl";
  readonly link: string;
  readonly why: string;
}

/** As people type it. */
export function textOf(command: Command): string {
  if (command.program === "sysctl") return `sysctl -w net.ipv6.conf.${command.link}.disable_ipv6=1`;
  const { program, namespace, args } = command;
  return [program, ...(namespace === undefined ? [] : ["-n", namespace]), lineOf(args)].join(" ");
}

const plain = /^[A-Za-z0-9._:/@+=-]+$/;
const quotable = /^[A-Za-z0-9._:/@+= -]+$/;

/**
 * A line of `ip -batch`. Nothing gets this far that was not checked: iproute2 takes `#` for a comment and knows quotes and
 * continued lines, so anything else is refused.
 */
export function lineOf(args: readonly string[]): string {
  return args
    .map((arg) => {
      if (plain.test(arg)) return arg;
      if (!quotable.test(arg)) throw new TypeError(`${JSON.stringify(arg)} cannot be an argument of ip`);
      return `"${arg}"`;
    })
    .join(" ");
}

export function ip(why: string, ...args: string[]): Command {
  return { program: "ip", args, why };
}

export function ipIn(namespace: string, why: string, ...args: string[]): Command {
  return { program: "ip", namespace, args, why };
}

export function bridge(why: string, ...args: string[]): Command {
  return { program: "bridge", args, why };
}

export function withoutIpv6(why: string, link: string): Command {
  return { program: "sysctl", link, why };
}
