import { catalogue } from "@reeve/contract";
import { causes } from "@reeve/runtime/internal/causes";
import type { JSX } from "preact";

/** What a reason means, and what to do: the page's own copy of docs/errors.md and docs/causes.md, as it has to work without a network. */
export function ReasonPage({ reason }: { readonly reason: string }): JSX.Element {
  const error = known(catalogue, reason);
  const cause = known(causes, reason);
  return (
    <section class="card reason-page">
      <h1>{reason}</h1>
      {!error && !cause && <p>It is a reason that the contract of its manager declares.</p>}
      {cause && (
        <>
          {error && <h2>As a cause</h2>}
          <Prose text={cause.means} />
          <p class="muted">
            {cause.degrades ? "Its manager is degraded meanwhile." : "Its manager goes on meanwhile."} docs/causes.md
          </p>
        </>
      )}
      {error && (
        <>
          {cause && <h2>As the failure of a call</h2>}
          <Prose text={error.means} />
          <p class="muted">
            <code>{error.code}</code> · <code>{error.outcome}</code> · {error.retryable ? "retryable" : "not retryable"}{" "}
            · docs/errors.md#{reason.toLowerCase()}
          </p>
        </>
      )}
    </section>
  );
}

/** What stands between backquotes is code. */
function Prose({ text }: { readonly text: string }): JSX.Element {
  return <p>{text.split("`").map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}</p>;
}

function known<T extends object>(table: T, name: string): T[keyof T] | undefined {
  return Object.hasOwn(table, name) ? table[name as keyof T] : undefined;
}
