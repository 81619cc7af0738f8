import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { type PairingInvitation, parsePairingFragment } from "@commonwatt/sdk/consent";

import { useMe } from "../../chain/data.tsx";
import { boardUrlOf, useDeployment } from "../../chain/deployment.ts";
import { fetchLinkState } from "../../chain/pairing.ts";
import { sameAddress } from "../../lib/format.ts";
import { NeedWallet } from "../../ui/need-wallet.tsx";
import { Card, Empty, PageHeading, SkeletonRows } from "../../ui/surfaces.tsx";
import { ConsentForm } from "./consent-form.tsx";
import { MeterFacts } from "./meter-facts.tsx";

const TIMEOUT_MS = 15_000;

/** Where an operator's QR code leads: the owner of a meter reads what becomes public, and signs that this is all right. */
export function PairScreen(): ReactNode {
  const fragment = useRouterState({ select: (state) => state.location.hash });
  const { neighbourhood } = useDeployment();
  const invitation = readInvitation(fragment);
  return (
    <>
      <title>Pair a meter - Commonwatt</title>
      <PageHeading title="Pair your meter">
        The operator of your neighbourhood has set up the device of your meter. It takes part once you agree.
      </PageHeading>
      {invitation === undefined ? (
        <BadLink>The link is not whole. Scan the QR code again, or copy all of the link.</BadLink>
      ) : !sameAddress(invitation.neighbourhood, neighbourhood) ? (
        <BadLink>It belongs to another neighbourhood than this page. Ask the operator which address is right.</BadLink>
      ) : (
        <Pairing key={invitation.token} invitation={invitation} />
      )}
    </>
  );
}

function Pairing({ invitation }: { invitation: PairingInvitation }) {
  const deployment = useDeployment();
  const me = useMe();
  const base = boardUrlOf(deployment, location.origin);
  const { data: link } = useQuery({
    queryKey: ["pairing", base, invitation.token],
    queryFn: ({ signal }) =>
      fetchLinkState(
        base,
        invitation.token,
        fetch.bind(window),
        AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ),
    // Asked once: after the owner's own answer the link is used, and that is no news.
    staleTime: Infinity,
  });
  if (link === undefined) return <SkeletonRows rows={3} what="the link" />;
  if (link.state === "gone") return <BadLink>{`${sentence(link.reason)} Ask the operator for a new one.`}</BadLink>;
  return (
    <div className="grid gap-6">
      <Card title={`Meter ${invitation.meter}`} id="pair-meter">
        <MeterFacts invitation={invitation} />
      </Card>
      {me === undefined ? (
        <NeedWallet>The meter will belong to the wallet that signs.</NeedWallet>
      ) : (
        <ConsentForm key={me.address} me={me} invitation={invitation} base={base} reachable={link.state === "open"} />
      )}
    </div>
  );
}

function BadLink({ children }: { children: ReactNode }) {
  return <Empty title="This link cannot be used">{children}</Empty>;
}

function readInvitation(fragment: string): PairingInvitation | undefined {
  try {
    return parsePairingFragment(fragment);
  } catch {
    return undefined;
  }
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
