/** What led to a verdict, for programs and for whoever doubts it. docs/http-api.md says which kind has which. */
export interface VerdictInputs {
  readonly kpi?: string;
  readonly logEvidence?: number;
  readonly chiSquareP?: number;
  readonly alarmNow?: boolean;
  readonly alarmLatched?: boolean;
  readonly reachedOn?: string | null;
  readonly pReached?: number | null;
  readonly pAlwaysValid?: number | null;
  readonly upliftLower?: number | null;
  readonly upliftUpper?: number | null;
  readonly differenceLower?: number | null;
  readonly differenceUpper?: number | null;
  readonly daysComplete?: number;
  readonly daysMin?: number;
  readonly conversionsNeeded?: number;
  readonly concludedBy?: "always-valid" | "final-look" | null;
  readonly upliftEstimate?: number | null;
  readonly pHolm?: number | null;
  readonly pFinalHolm?: number | null;
  readonly guardrailsUndecided?: number;
  readonly minimumUplift?: number;
  readonly upliftUpperMax?: number;
  readonly leader?: string | null;
  readonly expectedLoss?: number | null;
  readonly tolerableLoss?: number;
  readonly participants?: number;
  readonly participantsPlanned?: number | null;
  readonly participantsNeeded?: number;
}
