import type { GroupMember, Line, PanelConfiguration, Plug } from "./panel-state.ts";

/** What can be changed on a panel, each at once and whole. */
export type PanelCommand =
  | ({ readonly verb: "line add"; readonly key: string } & Pick<Line, "label" | "group" | "mtu">)
  | { readonly verb: "line set"; readonly key: string; readonly mtu: number }
  | { readonly verb: "line note"; readonly key: string; readonly note: Line["note"] }
  | { readonly verb: "line delete"; readonly key: string }
  | { readonly verb: "namespace add"; readonly name: string; readonly group: number }
  | { readonly verb: "namespace delete"; readonly name: string }
  | ({ readonly verb: "plug add"; readonly label: string } & Pick<Plug, "group" | "socket" | "mac" | "mtu">)
  | ({ readonly verb: "plug set"; readonly label: string } & Pick<Plug, "mtu" | "addresses" | "gateways">)
  | { readonly verb: "plug note"; readonly label: string; readonly note: Plug["note"] }
  | { readonly verb: "plug guard"; readonly label: string; readonly guard: Plug["guard"] }
  | { readonly verb: "plug delete"; readonly label: string }
  | ({ readonly verb: "socket join"; readonly socket: string; readonly line: string } & GroupMember)
  | { readonly verb: "socket leave"; readonly socket: string; readonly line: string };

/** As an operator would type it. */
export function textOf({ verb, ...rest }: PanelCommand): string {
  const words = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [verb, ...words].join(" ");
}

/** The panel will not do it. */
export class PanelRefusal extends Error {
  override readonly name = "PanelRefusal";
}

/**
 * The configuration after a command; the one given stays as it is.
 *
 * @throws PanelRefusal when the thing is there already, or what it needs is not
 */
export function changed(now: PanelConfiguration, command: PanelCommand): PanelConfiguration {
  switch (command.verb) {
    case "line add": {
      const { key, label, group, mtu } = command;
      refuse(key in now.lines, `line ${key} exists`);
      refuse(
        Object.values(now.lines).some((line) => line.label === label),
        `a line ${label} exists`,
      );
      return { ...now, lines: { ...now.lines, [key]: { label, group, mtu } } };
    }
    case "line set":
      return { ...now, lines: edited(now.lines, command.key, { mtu: command.mtu }) };
    case "line note":
      return { ...now, lines: edited(now.lines, command.key, { note: command.note }) };
    case "line delete":
      // What a line's sockets had of it stays, without use, as an access port stays in a VLAN that is deleted.
      return { ...now, lines: without(now.lines, command.key) };
    case "namespace add":
      refuse(command.name in now.namespaces, `namespace ${command.name} exists`);
      return { ...now, namespaces: { ...now.namespaces, [command.name]: command.group } };
    case "namespace delete": {
      const inside = `netns ${command.name} `;
      const plugs = Object.entries(now.plugs).filter(([, { socket }]) => !socket.startsWith(inside));
      const sockets = Object.entries(now.sockets).filter(([name]) => !name.startsWith(inside));
      return {
        ...now,
        namespaces: without(now.namespaces, command.name),
        plugs: Object.fromEntries(plugs),
        sockets: Object.fromEntries(sockets),
      };
    }
    case "plug add": {
      const { label, group, socket, mac, mtu } = command;
      refuse(label in now.plugs, `a plug ${label} exists`);
      const fixed = socket.startsWith("switchport ");
      refuse(fixed !== socket in now.sockets, fixed ? `there is no ${socket}` : `${socket} exists`);
      const namespace = socket.startsWith("netns ") ? socket.split(" ")[1]! : undefined;
      refuse(namespace !== undefined && !(namespace in now.namespaces), `there is no namespace ${namespace}`);
      const plug: Plug = { group, socket, mac, mtu, addresses: [], gateways: [] };
      return {
        ...now,
        plugs: { ...now.plugs, [label]: plug },
        sockets: fixed ? now.sockets : { ...now.sockets, [socket]: {} },
      };
    }
    case "plug set": {
      const { mtu, addresses, gateways } = command;
      return { ...now, plugs: edited(now.plugs, command.label, { mtu, addresses, gateways }) };
    }
    case "plug note":
      return { ...now, plugs: edited(now.plugs, command.label, { note: command.note }) };
    case "plug guard":
      return { ...now, plugs: edited(now.plugs, command.label, { guard: command.guard }) };
    case "plug delete": {
      const socket = now.plugs[command.label]?.socket;
      refuse(socket === undefined, `there is no plug ${command.label}`);
      const fixed = socket!.startsWith("switchport ");
      return {
        ...now,
        plugs: without(now.plugs, command.label),
        sockets: fixed ? now.sockets : without(now.sockets, socket!),
      };
    }
    case "socket join": {
      const { socket, line, tagging, by, group } = command;
      const members = now.sockets[socket];
      refuse(members === undefined, `there is no ${socket}`);
      return { ...now, sockets: { ...now.sockets, [socket]: { ...members, [line]: { tagging, by, group } } } };
    }
    case "socket leave": {
      const members = now.sockets[command.socket];
      refuse(members === undefined, `there is no ${command.socket}`);
      return { ...now, sockets: { ...now.sockets, [command.socket]: without(members!, command.line) } };
    }
  }
}

function refuse(condition: boolean, message: string): void {
  if (condition) throw new PanelRefusal(message);
}

function edited<T extends object>(table: Readonly<Record<string, T>>, name: string, change: Partial<T>) {
  const entry = table[name];
  refuse(entry === undefined, `there is no ${name}`);
  return { ...table, [name]: { ...entry!, ...change } };
}

function without<T>(table: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  const { [name]: _gone, ...rest } = table;
  return rest;
}
