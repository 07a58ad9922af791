import { signal } from "@preact/signals";

export type Route =
  | { readonly page: "overview" }
  | { readonly page: "manager"; readonly name: string }
  /** An actor of a manager's own. */
  | { readonly page: "actor"; readonly name: string; readonly actor: string }
  | { readonly page: "messages" }
  | { readonly page: "calls" }
  | { readonly page: "latency" }
  | { readonly page: "work" }
  | { readonly page: "logs" }
  | { readonly page: "hosts" }
  | { readonly page: "operations" }
  | { readonly page: "panel"; readonly id: string }
  | { readonly page: "reason"; readonly reason: string };

/** What narrows a view, as its address has it. */
export type Filter = "find" | "tone" | "kind" | "at" | "least";

interface Address {
  readonly route: Route;
  readonly filters: URLSearchParams;
}

const address = signal<Address>(readAddress());
addEventListener("hashchange", () => {
  address.value = readAddress();
});

/** The view that the address names. */
export const route = {
  get value(): Route {
    return address.value.route;
  },
};

/** What the address says of a filter; empty where it says nothing. */
export function filterOf(name: Filter): string {
  return address.value.filters.get(name) ?? "";
}

/** What a person looks for in a view, as it is compared: trimmed, in lower case; empty for all. */
export function soughtText(): string {
  return filterOf("find").trim().toLowerCase();
}

/** Puts it into the address, so that a link to what is seen shows the same; no step of the browser's history. */
export function setFilter(name: Filter, value: string): void {
  const filters = new URLSearchParams(address.value.filters);
  if (value === "") filters.delete(name);
  else filters.set(name, value);
  const [view] = location.hash.split("?");
  history.replaceState(null, "", filters.size > 0 ? `${view || "#/"}?${filters}` : view || "#/");
  address.value = { route: address.value.route, filters };
}

export const linkTo = {
  overview: "#/",
  messages: "#/messages",
  calls: "#/calls",
  latency: "#/latency",
  work: "#/work",
  logs: "#/logs",
  hosts: "#/hosts",
  operations: "#/operations",
  manager: (name: string) => `#/manager/${encodeURIComponent(name)}`,
  actor: (name: string, actor: string) => `#/manager/${encodeURIComponent(name)}/${encodeURIComponent(actor)}`,
  /** The manager, and of its past the step that it took then. */
  step: (name: string, at: number) => `#/manager/${encodeURIComponent(name)}?at=${at}`,
  reason: (reason: string) => `#/reason/${encodeURIComponent(reason)}`,
  panel: (id: string) => `#/panel/${encodeURIComponent(id)}`,
};

function readAddress(): Address {
  const [path = "", filters = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { route: readRoute(path), filters: new URLSearchParams(filters) };
}

function readRoute(path: string): Route {
  const [page, argument = "", further = ""] = path.split("/");
  const name = decode(argument);
  const actor = decode(further);
  if (page === "manager" && name && actor) return { page: "actor", name, actor };
  if (page === "manager" && name) return { page, name };
  if (page === "panel" && name) return { page, id: name };
  if (page === "reason" && name) return { page, reason: name };
  if (page === "messages" || page === "calls" || page === "work" || page === "logs") return { page };
  if (page === "latency" || page === "hosts" || page === "operations") return { page };
  return { page: "overview" };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
