import type { JSX } from "preact";

/** Takes the room of rows of a table that are out of sight. */
export function LeftOut({ px, columns }: { readonly px: number; readonly columns: number }): JSX.Element | null {
  if (px === 0) return null;
  return (
    <tr class="left-out">
      <td colSpan={columns} style={{ height: `${px}px` }} />
    </tr>
  );
}
