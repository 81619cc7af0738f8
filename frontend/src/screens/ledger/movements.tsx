import type { Address } from "viem";

import type { RetirementEntry, TradeEntry, TransferEntry } from "@commonwatt/sdk/ledger/types";

import { useDeployment } from "../../chain/deployment.ts";
import { cents, eur, kwhNumber } from "../../lib/format.ts";
import type { Books } from "../../model/books.ts";
import { accountName, meterName } from "../../model/names.ts";
import { Hash } from "../../ui/hash.tsx";
import { Cell } from "../../ui/table.tsx";
import { TableCard } from "../../ui/table-card.tsx";

const TRANSACTION = { key: "tx", head: "Transaction" };
const ENERGY = { key: "energy", head: "kWh", numeric: true };

function Account({ address }: { address: Address }) {
  const deployment = useDeployment();
  return <span title={address}>{accountName(deployment, address)}</span>;
}

function MeterText({ books, number }: { books: Books; number: number }) {
  const deployment = useDeployment();
  return <>{meterName(deployment, books.meters.get(number), number)}</>;
}

/** Sales of a day's energy. */
export function TradesTable({ trades, books }: { trades: readonly TradeEntry[]; books: Books }) {
  return (
    <TableCard
      id="trades"
      title="Sold"
      caption="Sales of this day’s energy"
      empty="Nothing of this day has been sold yet."
      entries={trades.length}
      columns={[
        { key: "seller", head: "Seller" },
        { key: "buyer", head: "Buyer" },
        { key: "meter", head: "From meter" },
        ENERGY,
        { key: "price", head: "ct/kWh", numeric: true },
        { key: "paid", head: "Paid", numeric: true },
        { key: "charge", head: "Charge", numeric: true },
        TRANSACTION,
      ]}
    >
      {trades.map((trade) => (
        <tr key={`${trade.transactionHash}/${trade.logIndex}`}>
          <Cell head>
            <Account address={trade.seller} />
          </Cell>
          <Cell>
            <Account address={trade.buyer} />
          </Cell>
          <Cell>
            <MeterText books={books} number={trade.meter} />
          </Cell>
          <Cell numeric>{kwhNumber(trade.energyWh)}</Cell>
          <Cell numeric>{cents(trade.priceTicks)}</Cell>
          <Cell numeric>{eur(trade.paidBaseUnits)}</Cell>
          <Cell numeric>{eur(trade.chargeBaseUnits)}</Cell>
          <Cell>
            <Hash value={trade.transactionHash} what="transaction" />
          </Cell>
        </tr>
      ))}
    </TableCard>
  );
}

/** Uses of a day's energy. */
export function RetirementsTable({ retirements, books }: { retirements: readonly RetirementEntry[]; books: Books }) {
  return (
    <TableCard
      id="uses"
      title="Used"
      caption="Energy used against signed imports of this day"
      empty="Nothing of this day has been used yet."
      entries={retirements.length}
      columns={[
        { key: "account", head: "By" },
        { key: "meter", head: "For meter" },
        ENERGY,
        { key: "sources", head: "From meters" },
        TRANSACTION,
      ]}
    >
      {retirements.map((retirement) => (
        <tr key={`${retirement.transactionHash}/${retirement.logIndex}`}>
          <Cell head>
            <Account address={retirement.account} />
          </Cell>
          <Cell>
            <MeterText books={books} number={retirement.meter} />
          </Cell>
          <Cell numeric>{kwhNumber(retirement.energyWh)}</Cell>
          <Cell>{[...new Set(retirement.lines.map(({ meter }) => meter))].toSorted((a, b) => a - b).join(", ")}</Cell>
          <Cell>
            <Hash value={retirement.transactionHash} what="transaction" />
          </Cell>
        </tr>
      ))}
    </TableCard>
  );
}

/** Energy minted out of a day's signed exports. */
export function MintsTable({ mints, books }: { mints: readonly TransferEntry[]; books: Books }) {
  return (
    <TableCard
      id="mints"
      title="Minted"
      caption="Energy minted out of this day’s signed exports"
      empty="Nothing was minted: no meter had a surplus on this day."
      entries={mints.length}
      columns={[
        { key: "to", head: "To" },
        { key: "meter", head: "From meter" },
        { key: "quarters", head: "Quarter-hours", numeric: true },
        ENERGY,
        TRANSACTION,
      ]}
    >
      {mints.map((mint) => {
        const meter = mint.lines[0]?.meter ?? 0;
        return (
          <tr key={`${mint.transactionHash}/${mint.logIndex}`}>
            <Cell head>
              <Account address={mint.to} />
            </Cell>
            <Cell>
              <MeterText books={books} number={meter} />
            </Cell>
            <Cell numeric>{mint.lines.length}</Cell>
            <Cell numeric>{kwhNumber(mint.lines.reduce((sum, line) => sum + line.wh, 0n))}</Cell>
            <Cell>
              <Hash value={mint.transactionHash} what="transaction" />
            </Cell>
          </tr>
        );
      })}
    </TableCard>
  );
}
