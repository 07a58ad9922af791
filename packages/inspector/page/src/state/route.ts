import { signal } from "@preact/signals";

export type Route =
  | { readonly page: "overview" }
  | { readonly page: "manager"; readonly name: string }
  | { readonly page: "messages" }
  | { readonly page: "calls" }
  | { readonly page: "operations" }
  | { readonly page: "panel"; readonly id: string };

export const route = signal<Route>(readRoute());
addEventListener("hashchange", () => {
  route.value = readRoute();
});

export const linkTo = {
  overview: "#/",
  messages: "#/messages",
  calls: "#/calls",
  operations: "#/operations",
  manager: (name: string) => `#/manager/${encodeURIComponent(name)}`,
  panel: (id: string) => `#/panel/${encodeURIComponent(id)}`,
};

function readRoute(): Route {
  const [page, argument = ""] = location.hash.replace(/^#\/?/, "").split("/");
  const name = decode(argument);
  if (page === "manager" && name) return { page, name };
  if (page === "panel" && name) return { page, id: name };
  if (page === "messages" || page === "calls" || page === "operations") return { page };
  return { page: "overview" };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
