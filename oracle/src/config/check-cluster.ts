import type { BrokerConfig, ClusterConfig } from "./schema.ts";

/**
 * What no schema can say about several processes.
 *
 * @returns One line per problem.
 */
export function checkCluster(given: {
  cluster?: ClusterConfig | undefined;
  database: { kind: string };
  broker: BrokerConfig;
}): string[] {
  const { cluster, database, broker } = given;
  if (cluster === undefined) return [];
  const problems: string[] = [];
  if (database.kind !== "postgres") {
    problems.push(
      `database.kind: ${JSON.stringify(database.kind)}, expected "postgres" with the section cluster: a SQLite file belongs to one process`,
    );
  }
  if (broker.kind !== "external") {
    problems.push(
      `broker.kind: ${JSON.stringify(broker.kind)}, expected "external" with the section cluster: the broker must outlive any of the processes, and speak MQTT 5`,
    );
  }
  return problems;
}
