import { useDeployment } from "../../chain/deployment.ts";
import { eurExact, instantLabel } from "../../lib/format.ts";
import type { Books } from "../../model/books.ts";
import { accountName, meterName } from "../../model/names.ts";
import type { MoneyEntry } from "../../model/settlement-books.ts";
import { Hash } from "../../ui/hash.tsx";
import { Cell, WIDE_ONLY } from "../../ui/table.tsx";
import { TableCard } from "../../ui/table-card.tsx";

const KINDS: Record<MoneyEntry["kind"], string> = {
  "paid in": "Paid in",
  "taken out": "Taken out",
  "to meter": "Moved to meter",
  "from meter": "Moved from meter",
};

/** Money paid in and taken out, and moved between accounts and meters, newest first. */
export function MoneyMovesCard({ books }: { books: Books }) {
  const deployment = useDeployment();
  const entries = books.settlement.money.toReversed();
  return (
    <TableCard
      id="money-moves"
      title="Paid in and taken out"
      caption="Money paid into and taken out of the neighbourhood’s accounts and meters"
      empty="Nobody has paid anything in yet."
      entries={entries.length}
      columns={[
        { key: "account", head: "Account" },
        { key: "kind", head: "What" },
        { key: "amount", head: "Amount", numeric: true },
        { key: "time", head: "When (UTC)", className: WIDE_ONLY },
        { key: "tx", head: "Transaction", className: WIDE_ONLY },
      ]}
    >
      {entries.map((entry) => (
        <tr key={`${entry.transactionHash}/${entry.logIndex}`}>
          <Cell head>
            <span title={entry.account}>{accountName(deployment, entry.account)}</span>
          </Cell>
          <Cell>
            {KINDS[entry.kind]}
            {entry.meter !== undefined && (
              <span className="block text-muted">
                {meterName(deployment, books.meters.get(entry.meter), entry.meter)}
              </span>
            )}
          </Cell>
          <Cell numeric>{eurExact(entry.amountBaseUnits)}</Cell>
          <Cell className={`whitespace-nowrap ${WIDE_ONLY}`}>
            {entry.timestamp === undefined ? `block ${entry.blockNumber}` : instantLabel(entry.timestamp)}
          </Cell>
          <Cell className={WIDE_ONLY}>
            <Hash value={entry.transactionHash} what="transaction" />
          </Cell>
        </tr>
      ))}
    </TableCard>
  );
}
