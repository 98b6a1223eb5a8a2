/** Generates `telemetry.json`, which `code --telemetry` prints (a convention of VS Code). */
import { eventTable, eventTypeNames, fieldsOf } from "../../shared/schema/events.ts";
import { type Field, type FieldName, fieldTable } from "../../shared/schema/fields.ts";

const classification = {
  technical: "SystemMetaData",
  interaction: "SystemMetaData",
  pseudonymous: "EndUserPseudonymizedInformation",
} as const satisfies Readonly<Record<Field["sensitivity"], string>>;

function property(name: FieldName) {
  const { category, sensitivity, description, purpose } = fieldTable[name];
  return {
    classification: classification[sensitivity],
    purpose: category === "performance" || category === "error_types" ? "PerformanceAndHealth" : "FeatureInsight",
    comment: `${description} ${purpose} Stored on this machine with consent to ${category}.`,
    owner: "nexus",
  };
}

export function telemetryJsonText(): string {
  const events = Object.fromEntries(
    eventTypeNames.map((type) => [
      `nexus/${type}`,
      {
        comment: `${eventTable[type].description} Requires consent to ${eventTable[type].category}.`,
        ...Object.fromEntries(fieldsOf(type).map((name) => [name, property(name)])),
      },
    ]),
  );
  return `${JSON.stringify({ events, commonProperties: {} }, null, 2)}\n`;
}
