/** What a host that did not pass is like: a filter is called after what it asks for, and would read as what the host is. */
export const lacks: Readonly<Record<string, string>> = {
  up: "not heard of",
  ready: "not ready",
  measured: "not measured lately",
  attempted: "tried already",
};
