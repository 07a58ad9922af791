import type { JSX } from "preact";

/** Any JSON, foldable. */
export function JsonTree({
  value,
  name,
  open = true,
}: {
  readonly value: unknown;
  readonly name?: string;
  readonly open?: boolean;
}): JSX.Element {
  if (typeof value !== "object" || value === null) {
    return (
      <div class="json-leaf">
        {name !== undefined && <span class="json-key">{name}</span>}
        <span class={`json-${value === null ? "null" : typeof value}`}>{leafText(value)}</span>
      </div>
    );
  }
  const entries = Object.entries(value);
  const size = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  const children = entries.map(([key, inner]) => (
    <JsonTree key={key} name={key} value={inner} open={entries.length <= 12} />
  ));
  if (name === undefined)
    return <div class="json">{children.length > 0 ? children : <span class="json-null">empty</span>}</div>;
  if (entries.length === 0) {
    return (
      <div class="json-leaf">
        <span class="json-key">{name}</span>
        <span class="json-size">{size}</span>
      </div>
    );
  }
  return (
    <details class="json-branch" open={open}>
      <summary>
        <span class="json-key">{name}</span>
        <span class="json-size">{size}</span>
      </summary>
      <div class="json-children">{children}</div>
    </details>
  );
}

function leafText(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}
