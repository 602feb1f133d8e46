"""Copies the value sets of the quality measures into rulesets and libraries: a step of authoring, never of the service.

Run by an author before a version is published: ``python tools/copy_measure_value_sets.py /path/to/shared``. Each row
keeps where it was read: the address and version of its value set (NLM Value Set Authority Center, as packaged by
cqframework/dqm-content-cms-2025, CC0-1.0). CPT codes stand without a display: the descriptors are not ours to pass on
(NOTICE). Raises for a set that is not there.
"""

import csv
import gzip
import io
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

RULESETS = Path(__file__).resolve().parent.parent / "rulesets"
CPT = "http://www.ama-assn.org/go/cpt"
COLUMNS = ("system", "code", "display", "verified_from")
#: Systems whose codes no clinical fact here carries: wards, and what a claim says of a diagnosis.
_LEFT_OUT = frozenset(
    {
        "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html",
        "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/HospitalAcqCond/Coding",
    }
)
#: Version folder -> the names of its value sets, as their publisher writes them. The file is the name in kebab-case.
#: Where two sets share a name, its OID stands behind it.
WANTED: Mapping[str, tuple[str, ...]] = {
    "measure-exclusions/1.0.0": (
        "EncounterInpatient", "HospiceEncounter", "HospiceDiagnosis", "HospiceCareAmbulatory",
        "PalliativeCareEncounter", "PalliativeCareDiagnosis", "PalliativeCareIntervention",
        "FrailtyEncounter", "FrailtyDiagnosis", "FrailtySymptom", "FrailtyDevice", "AdvancedIllness",
        "DementiaMedications",
    ),
    "measure-visits/1.0.0": (
        "OfficeVisit", "HomeHealthcareServices", "PreventiveCareServicesInitialOfficeVisit18AndUp",
        "PreventiveCareServicesEstablishedOfficeVisit18AndUp", "TelephoneVisits", "VirtualEncounter",
        "AnnualWellnessVisit", "NutritionServices", "OphthalmologicalServices", "OutpatientConsultation",
        "TelemedicineServices", "PreventiveCareServicesOther", "PreventiveCareServicesIndividualCounseling",
        "OutpatientEncountersForPreventiveCare", "NursingFacilityVisit", "DischargeServicesNursingFacility",
        "CareServicesInLongTermResidentialFacility",
    ),
    "breast-cancer-screening/1.0.0": (
        "Mammography", "BilateralMastectomy", "HistoryOfBilateralMastectomy", "StatusPostLeftMastectomy",
        "StatusPostRightMastectomy", "UnilateralMastectomyUnspecifiedLaterality", "UnilateralMastectomyLeft",
        "UnilateralMastectomyRight",
    ),
    "colorectal-cancer-screening/1.0.0": (
        "MalignantNeoplasmOfColon", "Colonoscopy", "CTColonography", "SDNAFITTest", "FlexibleSigmoidoscopy",
        "FecalOccultBloodTestFOBT", "TotalColectomy",
    ),
    "cervical-cancer-screening/1.0.0": (
        "PapTest", "HPVTest", "CongenitalOrAcquiredAbsenceOfCervix", "HysterectomyWithNoResidualCervix",
    ),
    "diabetes-a1c-poor-control/1.0.0": ("Diabetes", "HbA1cLaboratoryTest"),
    "diabetes-eye-exam/1.0.0": (
        "Diabetes", "RetinalOrDilatedEyeExam", "DiabeticRetinopathySeverityLevel", "AutonomousEyeExamResultOrFinding",
        "DiabeticRetinopathy",
    ),
    "diabetes-kidney-evaluation/1.0.0": (
        "Diabetes", "UrineCreatinine", "UrineAlbumin", "UrineAlbuminCreatinineRatio",
        "EstimatedGlomerularFiltrationRate", "ChronicKidneyDiseaseStage5", "EndStageRenalDisease",
        "UndetectableLabResultValue",
    ),
    "hypertension-control/1.0.0": (
        "EssentialHypertension", "KidneyTransplant", "DialysisServices", "ESRDMonthlyOutpatientServices",
        "KidneyTransplantRecipient", "Pregnancy", "ChronicKidneyDiseaseStage5", "EndStageRenalDisease",
        "EmergencyDepartmentEvaluationAndManagementVisit",
    ),
    "statin-cvd-prevention/1.0.0": (
        "PCI", "FamilialHypercholesterolemia", "Rhabdomyolysis", "AtherosclerosisAndPeripheralArterialDisease",
        "LiverDisease", "CerebrovascularDiseaseStrokeOrTIA", "IschemicHeartDiseaseOrRelatedDiagnoses",
        "StableAndUnstableAngina", "Breastfeeding", "MyocardialInfarction", "StatinAssociatedMuscleSymptoms",
        "StatinAllergen", "CABGOrPCIProcedure", "CarotidIntervention", "HepatitisA",
        "HepatitisB|2.16.840.1.113883.3.67.1.101.1.269", "MedicalReason",
        "HighIntensityStatinTherapy", "ModerateIntensityStatinTherapy", "LowIntensityStatinTherapy", "LDLCholesterol",
        "CABGSurgeries", "Diabetes", "EndStageRenalDisease",
    ),
    "high-risk-meds-elderly/1.0.0": (
        "PotentiallyHarmfulAntihistaminesForOlderAdults", "PotentiallyHarmfulAntiparkinsonianAgentsForOlderAdults",
        "Schizophrenia", "SeizureDisorder", "REMSleepBehaviorDisorder", "BenzodiazepineWithdrawal", "AlcoholWithdrawal",
        "GeneralizedAnxietyDisorder", "PotentiallyHarmfulGastrointestinalAntispasmodicsForOlderAdults",
        "DipyridamoleMedications", "NifedipineMedications", "PotentiallyHarmfulAntidepressantsForOlderAdults",
        "PotentiallyHarmfulBarbituratesForOlderAdults", "MeprobamateMedications",
        "PotentiallyHarmfulEstrogensForOlderAdults", "PotentiallyHarmfulSulfonylureasForOlderAdults",
        "DesiccatedThyroidMedications", "PotentiallyHarmfulSkeletalMuscleRelaxantsForOlderAdults",
        "PotentiallyHarmfulPainMedicationsForOlderAdults", "DigoxinMedications", "DoxepinMedications",
        "MegestrolMedications", "MeperidineMedications", "GuanfacineMedications",
        "PotentiallyHarmfulNonbenzodiazepineHypnoticsForOlderAdults",
        "PotentiallyHarmfulAntiinfectivesForOlderAdults", "PotentiallyHarmfulBenzodiazepinesForOlderAdults",
        "PotentiallyHarmfulAntipsychoticsForOlderAdults", "BipolarDisorder",
    ),
    "dementia-cognitive-assessment/1.0.0": (
        "DementiaAndMentalDegenerations", "StandardizedToolsScoreForAssessmentOfCognition", "CognitiveAssessment",
        "PatientReason", "OccupationalTherapyEvaluation", "PatientProviderInteraction",
        "BehavioralOrNeuropsychAssessment", "PsychVisitDiagnosticEvaluation", "PsychVisitPsychotherapy",
    ),
    "falls-screening/1.0.0": (
        "FallsScreening", "AudiologyVisit", "PhysicalTherapyEvaluation", "OccupationalTherapyEvaluation",
    ),
    "hiv-screening-once/1.0.0": (
        "HIVLabTests", "HIV", "PreventiveCareServicesInitialOfficeVisit0To17",
        "PreventiveCareEstablishedOfficeVisit0To17",
    ),
    "opioid-concurrent-discharge/1.0.0": (
        "ScheduleIIIIIAndIVOpioidMedications", "MedicationsForOpioidUseDisorderMOUD", "OpioidUseDisorder",
        "SickleCellDiseaseWithAndWithoutCrisis", "OpioidMedicationAssistedTreatmentMAT", "CancerRelatedPain",
        "HospiceCareReferralOrAdmission", "ScheduleIVBenzodiazepines", "LeftAgainstMedicalAdvice", "PatientExpired",
        "DischargeToAcuteCareFacility", "PalliativeOrHospiceCare", "EncounterInpatient",
    ),
    "measure-heart-disease/1.0.0": (
        "ModerateOrSevereLVSD", "ModerateOrSevere", "EjectionFraction", "PatientProviderInteraction", "MedicalReason",
        "PatientReason", "Arrhythmia", "Bradycardia", "Hypotension", "Asthma", "AtrioventricularBlock",
        "CardiacPacerInSitu", "CardiacPacer", "AllergyToBetaBlockerTherapy", "IntoleranceToBetaBlockerTherapy",
        "BetaBlockerTherapyIngredient", "HeartFailure", "HeartTransplant", "HeartTransplantComplications",
        "LeftVentricularAssistDevicePlacement", "LeftVentricularAssistDeviceComplications",
    ),
    "hf-beta-blocker/1.0.0": ("BetaBlockerTherapyForLVSD",),
    "hf-acei-arb-arni/1.0.0": (
        "ACEInhibitorOrARBOrARNI", "PatientReasonForACEInhibitorOrARBDecline", "AllergyToACEInhibitorOrARB",
        "IntoleranceToACEInhibitorOrARB", "ACEInhibitorOrARBOrARNIIngredient", "Pregnancy",
    ),
    "cad-beta-blocker/1.0.0": (
        "CoronaryArteryDiseaseNoMI", "CardiacSurgery", "InitialMyocardialInfarction", "BetaBlockerTherapy",
        "BetaBlockerTherapyForLVSD",
    ),
    "adt-bone-density/1.0.0": (
        "ProstateCancer", "AndrogenDeprivationTherapyForUrologyCare", "DEXABoneDensityForUrologyCare",
        "PatientDeclined",
    ),
    "tobacco-screening-cessation/1.0.0": (
        "PreventiveCareServicesInitialOfficeVisit0To17", "PreventiveCareEstablishedOfficeVisit0To17",
        "PreventiveCareServicesGroupCounseling", "OccupationalTherapyEvaluation",
        "PhysicalTherapyEvaluation", "Psychoanalysis", "TobaccoUser", "TobaccoNonUser",
        "TobaccoUseCessationPharmacotherapy", "PsychVisitDiagnosticEvaluation", "PsychVisitPsychotherapy",
        "SpeechAndHearingEvaluation", "TobaccoUseCessationCounseling",
    ),
    "depression-screening-follow-up/1.0.0": (
        "MedicalReason", "PhysicalTherapyEvaluation", "AdultDepressionMedications",
        "FollowUpForAdultDepression", "ReferralForAdolescentDepression", "ReferralForAdultDepression",
        "EncounterToScreenForDepression", "BipolarDisorder",
    ),
    "chlamydia-screening/1.0.0": (
        "PreventiveCareServicesInitialOfficeVisit0To17", "PreventiveCareEstablishedOfficeVisit0To17",
        "PapTest", "LabTestsForSexuallyTransmittedInfections", "ChlamydiaScreening",
        "LabTestsDuringPregnancy", "DiagnosticStudiesDuringPregnancy", "PregnancyTest",
        "ComplicationsOfPregnancyChildbirthAndThePuerperium", "ProceduresUsedToIndicateSexualActivity",
        "DiagnosesUsedToIndicateSexualActivity", "HIV", "ContraceptiveMedications", "Isotretinoin",
        "XRayStudy",
    ),
    "child-weight-counselling/1.0.0": (
        "PreventiveCareServicesInitialOfficeVisit0To17", "PreventiveCareEstablishedOfficeVisit0To17",
        "PreventiveCareServicesGroupCounseling", "CounselingForPhysicalActivity", "CounselingForNutrition",
        "Pregnancy",
    ),
    "prediabetes-screening/1.0.0": (
        "PreventativeClinicalEncounters", "OutpatientClinicalEncounters", "GlycemicScreeningTests",
        "PrediabetesBorderlineDiabetes", "Diabetes", "AdvancedIllness", "LimitedLifeExpectancy",
        "Pregnancy",
    ),
    "antibiotic-pharyngitis-test/1.0.0": (
        "EmergencyDepartmentEvaluationAndManagementVisit", "PreventiveCareServicesInitialOfficeVisit0To17",
        "PreventiveCareEstablishedOfficeVisit0To17", "PreventiveCareServicesGroupCounseling",
        "ComorbidConditionsForRespiratoryConditions", "CompetingConditionsForRespiratoryConditions",
        "AcutePharyngitis", "AcuteTonsillitis", "AntibioticMedicationsForPharyngitis",
        "GroupAStreptococcusTest",
    ),
    "antibiotic-uri-avoidance/1.0.0": (
        "EmergencyDepartmentEvaluationAndManagementVisit", "PreventiveCareServicesInitialOfficeVisit0To17",
        "PreventiveCareEstablishedOfficeVisit0To17", "PreventiveCareServicesGroupCounseling",
        "ComorbidConditionsForRespiratoryConditions", "CompetingConditionsForRespiratoryConditions",
        "UpperRespiratoryInfection", "AntibioticMedicationsForPharyngitis", "AcutePharyngitis",
        "AcuteTonsillitis", "MedicalDisabilityExam",
    ),
    "adhd-medication-follow-up/1.0.0": (
        "PreventiveCareServicesInitialOfficeVisit0To17", "PreventiveCareEstablishedOfficeVisit0To17",
        "PreventiveCareServicesGroupCounseling", "BehavioralHealthFollowUpVisit",
        "PsychotherapyAndPharmacologicManagement", "MentalBehavioralAndNeurodevelopmentalDisorders",
        "Narcolepsy", "Atomoxetine", "Clonidine", "Dexmethylphenidate", "Dextroamphetamine",
        "Lisdexamfetamine", "Methylphenidate", "Viloxazine", "GuanfacineMedications",
        "PsychVisitDiagnosticEvaluation", "PsychVisitPsychotherapy",
    ),
    "stroke-af-anticoagulation/1.0.0": (
        "ComfortMeasures", "HistoryOfAtrialAblation", "ObservationServices", "AnticoagulantTherapy",
        "AtrialFibrillationOrFlutter", "AtrialAblation", "DischargedToHealthCareFacilityForHospiceCare",
        "DischargedToHomeForHospiceCare", "IschemicStroke", "EmergencyDepartmentVisit",
        "LeftAgainstMedicalAdvice", "PatientExpired", "NonelectiveInpatientEncounter",
        "MedicalReasonForNotProvidingTreatment", "DischargeToAcuteCareFacility", "PatientRefusal",
    ),
    "bmi-screening-follow-up/1.0.0": (
        "OverweightOrObese", "Underweight", "MedicalReason", "PatientDeclined",
        "MedicationsForAboveNormalBMI", "MedicationsForBelowNormalBMI", "FollowUpForAboveNormalBMI",
        "FollowUpForBelowNormalBMI", "ReferralsWhereWeightAssessmentMayOccur",
        "PregnancyObstetricOrMaternalDiagnoses", "EncounterToEvaluateBMI",
    ),
    "bp-screening-follow-up/1.0.0": (
        "FollowUpWithin6Months", "FollowUpWithin4Weeks", "PharmacologicTherapyForHypertension",
        "MedicalReason", "PatientDeclined", "ReferralToPrimaryCareOrAlternateProvider",
        "LifestyleRecommendation", "ReferralOrCounselingForAlcoholConsumption",
        "LaboratoryTestsForHypertension", "WeightReductionRecommended", "DietaryRecommendations",
        "RecommendationToIncreasePhysicalActivity", "EncounterToScreenForBloodPressure",
        "DiagnosisOfHypertension",
    ),
    "childhood-immunization-status/1.0.0": (
        "PreventiveCareServicesInitialOfficeVisit0To17", "PreventiveCareEstablishedOfficeVisit0To17",
        "DTaPVaccine", "DTaPVaccineAdministered", "AnaphylacticReactionToDTaPVaccine",
        "EncephalitisDueToDiphtheriaTetanusOrPertussisVaccine", "InactivatedPolioVaccineIPV",
        "InactivatedPolioVaccineIPVAdministered", "MeaslesMumpsAndRubellaMMRVaccine",
        "MeaslesMumpsAndRubellaMMRVaccineAdministered", "Measles", "Mumps", "Rubella",
        "HibVaccine3DoseSchedule", "HibVaccine3DoseScheduleAdministered", "HibVaccine4DoseSchedule",
        "HibVaccine4DoseScheduleAdministered", "HepatitisBVaccine", "HepatitisBVaccineAdministered",
        "HepatitisB|2.16.840.1.113883.3.464.1003.110.12.1025", "VaricellaZosterVaccineVZV",
        "VaricellaZosterVaccineVZVAdministered", "VaricellaZoster", "PneumococcalConjugateVaccine",
        "PneumococcalConjugateVaccineAdministered", "HepatitisAVaccine", "HepatitisAVaccineAdministered",
        "HepatitisA", "RotavirusVaccine3DoseSchedule", "RotavirusVaccine3DoseScheduleAdministered",
        "RotavirusVaccine2DoseScheduleAdministered", "ChildInfluenzaVaccine",
        "ChildInfluenzaVaccineAdministered", "InfluenzaVirusLAIVVaccine",
        "InfluenzaVirusLAIVVaccineAdministered", "DisordersOfTheImmuneSystem", "HIV",
        "SevereCombinedImmunodeficiency", "MalignantNeoplasmOfLymphaticAndHematopoieticTissue",
        "Intussusception",
    ),
}  # fmt: skip
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def main(shared: Path, only: frozenset[str]) -> None:
    """Write every list of every version folder, or of those named."""
    published = _published(shared)
    for version, names in WANTED.items():
        folder = RULESETS / version / "value-sets"
        if only and version.partition("/")[0] not in only:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            _write(folder / f"{file_name(name.partition('|')[0])}.csv", published[name])


def file_name(name: str) -> str:
    """``HospiceCareAmbulatory`` -> ``hospice-care-ambulatory``."""
    return _WORD.sub("-", name).lower()


def _published(shared: Path) -> dict[str, list[tuple[str, ...]]]:
    """The rows of every set of the quality measures, by the name that its publisher gives it."""
    found: dict[str, list[tuple[str, ...]]] = {}
    with gzip.open(shared / "cases" / "valuesets" / "valuesets.ndjson.gz", "rt", encoding="utf-8") as lines:
        sets = [json.loads(line) for line in lines]
    for each in sets:
        if each["source"]["repo"] != "cqframework/dqm-content-cms-2025":
            continue
        source = f"{each['url']}|{each['version']}"
        rows = [
            (system, code, "" if system == CPT else display or "", source)
            for system, codes in each["codes"].items()
            if system not in _LEFT_OUT
            for code, display in codes
        ]
        found[each["name"]] = [] if each["name"] in found else rows  # of two that share a name, neither by name
        found[f"{each['name']}|{each['url'].rpartition('/')[2]}"] = rows
    return found


def _write(path: Path, rows: list[tuple[str, ...]]) -> None:
    if not rows:
        raise ValueError(f"{path}: nothing to write")
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), frozenset(sys.argv[2:]))
