"""The words of Open Badges 3.0 as frozen dataclasses (`plaudit.members` says how they read and write themselves).

Clauses: Open Badges 3.0 data model (appendix "Open Badges Data Models"), Verifiable Credentials 2.0 section 4.
"""

# ruff: noqa: RUF009 -- `member` and `part` only wrap dataclasses.field

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from plaudit.documents import CREDENTIALS_V1, CREDENTIALS_V2, OPEN_BADGES_V3
from plaudit.members import ANY, BOOLEAN, DATE, DATE_TIME, IRI, NUMBER, TEXT, Node, member, part


@dataclass(frozen=True, kw_only=True)
class Image(Node):
    """A picture: `id` is its address."""

    TYPES = ("Image",)
    SINGLE_TYPE = True
    CLOSED = True
    id: str | None = member(IRI, required=True)
    caption: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class IdentifierEntry(Node):
    """Another identifier of something, with its kind."""

    TYPES = ("IdentifierEntry",)
    SINGLE_TYPE = True
    CLOSED = True
    identifier: str | None = member(TEXT, required=True)
    identifier_type: str | None = member(TEXT, required=True)


@dataclass(frozen=True, kw_only=True)
class IdentityObject(Node):
    """Whom a badge is for, hashed or in clear (`plaudit.recipient` makes and compares them)."""

    TYPES = ("IdentityObject",)
    SINGLE_TYPE = True
    CLOSED = True
    hashed: bool | None = member(BOOLEAN, required=True)
    identity_hash: str | None = member(TEXT, required=True)
    identity_type: str | None = member(TEXT, required=True)
    salt: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class GeoCoordinates(Node):
    """A place on the globe."""

    TYPES = ("GeoCoordinates",)
    SINGLE_TYPE = True
    latitude: float | None = member(NUMBER, required=True)
    longitude: float | None = member(NUMBER, required=True)


@dataclass(frozen=True, kw_only=True)
class Address(Node):
    """A postal address."""

    TYPES = ("Address",)
    address_country: str | None = member(TEXT)
    address_country_code: str | None = member(TEXT)
    address_region: str | None = member(TEXT)
    address_locality: str | None = member(TEXT)
    street_address: str | None = member(TEXT)
    post_office_box_number: str | None = member(TEXT)
    postal_code: str | None = member(TEXT)
    geo: GeoCoordinates | None = part("GeoCoordinates")


@dataclass(frozen=True, kw_only=True)
class Profile(Node):
    """An issuer, or another person or organisation."""

    TYPES = ("Profile",)
    id: str | None = member(IRI, required=True)
    name: str | None = member(TEXT)
    url: str | None = member(IRI)
    phone: str | None = member(TEXT)
    description: str | None = member(TEXT)
    endorsement: tuple[EndorsementCredential, ...] = part("EndorsementCredential", many=True)
    endorsement_jwt: tuple[str, ...] = member(TEXT, many=True)
    image: Image | None = part("Image")
    email: str | None = member(TEXT)
    address: Address | None = part("Address")
    other_identifier: tuple[IdentifierEntry, ...] = part("IdentifierEntry", many=True)
    official: str | None = member(TEXT)
    parent_org: Profile | None = part("Profile")
    family_name: str | None = member(TEXT)
    given_name: str | None = member(TEXT)
    additional_name: str | None = member(TEXT)
    patronymic_name: str | None = member(TEXT)
    honorific_prefix: str | None = member(TEXT)
    honorific_suffix: str | None = member(TEXT)
    family_name_prefix: str | None = member(TEXT)
    date_of_birth: str | None = member(DATE)


@dataclass(frozen=True, kw_only=True)
class Alignment(Node):
    """What in a framework of skills or standards something corresponds to."""

    TYPES = ("Alignment",)
    target_name: str | None = member(TEXT, required=True)
    target_url: str | None = member(IRI, required=True)
    target_code: str | None = member(TEXT)
    target_description: str | None = member(TEXT)
    target_framework: str | None = member(TEXT)
    target_type: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Criteria(Node):
    """What has to be done for an achievement: an address, or a text (Markdown), or both."""

    id: str | None = member(IRI)
    narrative: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Evidence(Node):
    """What the earner has done."""

    TYPES = ("Evidence",)
    id: str | None = member(IRI)
    narrative: str | None = member(TEXT)
    name: str | None = member(TEXT)
    description: str | None = member(TEXT)
    genre: str | None = member(TEXT)
    audience: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class RubricCriterionLevel(Node):
    """One level of a rubric."""

    TYPES = ("RubricCriterionLevel",)
    id: str | None = member(IRI, required=True)
    name: str | None = member(TEXT, required=True)
    alignment: tuple[Alignment, ...] = part("Alignment", many=True)
    description: str | None = member(TEXT)
    level: str | None = member(TEXT)
    points: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class ResultDescription(Node):
    """What results an achievement can have."""

    TYPES = ("ResultDescription",)
    id: str | None = member(IRI, required=True)
    name: str | None = member(TEXT, required=True)
    result_type: str | None = member(TEXT, required=True)
    alignment: tuple[Alignment, ...] = part("Alignment", many=True)
    allowed_value: tuple[str, ...] = member(TEXT, many=True)
    required_level: str | None = member(IRI)
    required_value: str | None = member(TEXT)
    rubric_criterion_level: tuple[RubricCriterionLevel, ...] = part("RubricCriterionLevel", many=True)
    value_max: str | None = member(TEXT)
    value_min: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Result(Node):
    """A result the earner reached."""

    TYPES = ("Result",)
    achieved_level: str | None = member(IRI)
    alignment: tuple[Alignment, ...] = part("Alignment", many=True)
    result_description: str | None = member(IRI)
    status: str | None = member(TEXT)
    value: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Related(Node):
    """Another achievement that this one is related to."""

    TYPES = ("Related",)
    id: str | None = member(IRI, required=True)
    in_language: str | None = member(TEXT)
    version: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Achievement(Node):
    """What can be awarded: on our pages, a badge."""

    TYPES = ("Achievement",)
    id: str | None = member(IRI, required=True)
    name: str | None = member(TEXT, required=True)
    description: str | None = member(TEXT, required=True)
    criteria: Criteria | None = part("Criteria", required=True)
    achievement_type: str | None = member(TEXT)
    alignment: tuple[Alignment, ...] = part("Alignment", many=True)
    creator: Profile | None = part("Profile")
    credits_available: float | None = member(NUMBER)
    endorsement: tuple[EndorsementCredential, ...] = part("EndorsementCredential", many=True)
    endorsement_jwt: tuple[str, ...] = member(TEXT, many=True)
    field_of_study: str | None = member(TEXT)
    human_code: str | None = member(TEXT)
    image: Image | None = part("Image")
    in_language: str | None = member(TEXT)
    other_identifier: tuple[IdentifierEntry, ...] = part("IdentifierEntry", many=True)
    related: tuple[Related, ...] = part("Related", many=True)
    result_description: tuple[ResultDescription, ...] = part("ResultDescription", many=True)
    specialization: str | None = member(TEXT)
    tag: tuple[str, ...] = member(TEXT, many=True)
    version: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class AchievementSubject(Node):
    """Who earned what: the `credentialSubject` of an achievement credential."""

    TYPES = ("AchievementSubject",)
    id: str | None = member(IRI)
    achievement: Achievement | None = part("Achievement", required=True)
    identifier: tuple[IdentityObject, ...] = part("IdentityObject", many=True)
    activity_end_date: str | None = member(DATE)
    activity_start_date: str | None = member(DATE)
    credits_earned: float | None = member(NUMBER)
    image: Image | None = part("Image")
    license_number: str | None = member(TEXT)
    narrative: str | None = member(TEXT)
    result: tuple[Result, ...] = part("Result", many=True)
    role: str | None = member(TEXT)
    source: Profile | None = part("Profile")
    term: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class EndorsementSubject(Node):
    """What is endorsed, and in which words: the `credentialSubject` of an endorsement."""

    TYPES = ("EndorsementSubject",)
    id: str | None = member(IRI, required=True)
    endorsement_comment: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class CredentialSchema(Node):
    """A schema the credential says it keeps; its `type` is that of the schema language."""

    SINGLE_TYPE = True
    id: str | None = member(IRI, required=True)


@dataclass(frozen=True, kw_only=True)
class TermsOfUse(Node):
    """What may be done with the credential; its `type` is that of the policy language."""

    SINGLE_TYPE = True
    id: str | None = member(IRI)


@dataclass(frozen=True, kw_only=True)
class _Credential(Node):
    """What both kinds of credential have in common."""

    context: tuple[str, ...] = member(ANY, many=True, required=True, name="@context")
    id: str | None = member(IRI)
    name: str | None = member(TEXT)
    description: str | None = member(TEXT)
    issuer: Profile | None = part("Profile", required=True)
    valid_from: str | None = member(DATE_TIME, required=True)
    valid_until: str | None = member(DATE_TIME)
    awarded_date: str | None = member(DATE_TIME)
    credential_schema: tuple[CredentialSchema, ...] = part("CredentialSchema", many=True)
    credential_status: Mapping[str, Any] | None = member(ANY)
    refresh_service: Mapping[str, Any] | None = member(ANY)
    terms_of_use: tuple[TermsOfUse, ...] = part("TermsOfUse", many=True)
    proof: tuple[Mapping[str, Any], ...] = member(ANY, many=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.context:
            object.__setattr__(self, "context", (CREDENTIALS_V2, OPEN_BADGES_V3))


@dataclass(frozen=True, kw_only=True)
class AchievementCredential(_Credential):
    """A badge awarded to somebody: the document that is signed. Its types complete themselves."""

    TYPES = ("VerifiableCredential", "OpenBadgeCredential")
    id: str | None = member(IRI, required=True)
    credential_subject: AchievementSubject | None = part("AchievementSubject", required=True)
    image: Image | None = part("Image")
    evidence: tuple[Evidence, ...] = part("Evidence", many=True)
    endorsement: tuple[EndorsementCredential, ...] = part("EndorsementCredential", many=True)
    endorsement_jwt: tuple[str, ...] = member(TEXT, many=True)


@dataclass(frozen=True, kw_only=True)
class EndorsementCredential(_Credential):
    """Somebody's signed approval of an achievement, an award or an issuer."""

    TYPES = ("VerifiableCredential", "EndorsementCredential")
    credential_subject: EndorsementSubject | None = part("EndorsementSubject", required=True)


CLASSES: Final[Mapping[str, type[Node]]] = {
    cls.__name__: cls
    for cls in (
        Image, IdentifierEntry, IdentityObject, GeoCoordinates, Address, Profile, Alignment, Criteria, Evidence,
        RubricCriterionLevel, ResultDescription, Result, Related, Achievement, AchievementSubject,
        EndorsementSubject, CredentialSchema, TermsOfUse, AchievementCredential, EndorsementCredential,
    )
}  # fmt: skip
"""Every word of the standard that this library knows, by its name there."""

ACHIEVEMENT_TYPES: Final = frozenset({"OpenBadgeCredential", "AchievementCredential"})
"""Two names of one type; the context gives them the same IRI."""


_IDENTIFIERS: Final = frozenset({
    "name", "sourcedId", "systemId", "productId", "userName", "accountId", "emailAddress", "nationalIdentityNumber",
    "isbn", "issn", "lisSourcedId", "oneRosterSourcedId", "sisSourcedId", "ltiContextId", "ltiDeploymentId",
    "ltiToolId", "ltiPlatformId", "ltiUserId", "identifier",
})  # fmt: skip
VOCABULARIES: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("Achievement", "achievementType"): frozenset({
        "Achievement", "ApprenticeshipCertificate", "Assessment", "Assignment", "AssociateDegree", "Award", "Badge",
        "BachelorDegree", "Certificate", "CertificateOfCompletion", "Certification", "CommunityService", "Competency",
        "Course", "CoCurricular", "Degree", "Diploma", "DoctoralDegree", "Fieldwork", "GeneralEducationDevelopment",
        "JourneymanCertificate", "LearningProgram", "License", "Membership", "ProfessionalDoctorate",
        "QualityAssuranceCredential", "MasterCertificate", "MasterDegree", "MicroCredential", "ResearchDoctorate",
        "SecondarySchoolDiploma",
    }),
    ("Alignment", "targetType"): frozenset({
        "ceasn:Competency", "ceterms:Credential", "CFItem", "CFRubric", "CFRubricCriterion", "CFRubricCriterionLevel",
        "CTDL",
    }),
    ("IdentifierEntry", "identifierType"): _IDENTIFIERS,
    ("IdentityObject", "identityType"): _IDENTIFIERS,
    ("Result", "status"): frozenset({
        "Completed", "Enrolled", "Failed", "InProgress", "OnHold", "Provisional", "Withdrew",
    }),
    ("ResultDescription", "resultType"): frozenset({
        "GradePointAverage", "LetterGrade", "Percent", "PerformanceLevel", "PredictedScore", "RawScore", "Result",
        "RubricCriterion", "RubricCriterionLevel", "RubricScore", "ScaledScore", "Status",
    }),
}  # fmt: skip
"""(word, member) -> the words it may hold. All but a result's status may also be `ext:` and a name of one's own."""
OWN_WORD: Final = r"ext:[A-Za-z0-9.|_-]+"
CLOSED_VOCABULARY: Final = ("Result", "status")


def credential_class(document: Mapping[str, Any]) -> type[Node] | None:
    """The class whose rules a document must keep, by its types; None when it is no Open Badge."""
    types = document.get("type")
    names = {name for name in (types if isinstance(types, list) else [types]) if isinstance(name, str)}
    if names & ACHIEVEMENT_TYPES:
        return AchievementCredential
    return EndorsementCredential if "EndorsementCredential" in names else None


def standard_of(document: Mapping[str, Any]) -> str:
    """Which standard a credential claims to follow, in words; "" when it names none that this library knows."""
    contexts = document.get("@context")
    first = contexts[0] if isinstance(contexts, list) and contexts else contexts
    if first not in (CREDENTIALS_V1, CREDENTIALS_V2):
        return ""
    types = document.get("type")
    names = types if isinstance(types, list) else [types]
    older = " (Verifiable Credentials 1.1)" if first == CREDENTIALS_V1 else ""
    if credential_class(document) is not None:
        return "Open Badges 3.0" + older
    return (
        "Comprehensive Learner Record 2.0" if "ClrCredential" in names else "Verifiable Credentials 2.0"
    ) + older


def period_names(document: Mapping[str, Any]) -> tuple[str, str]:
    """What the members are called that say from when and until when a credential is valid (VCDM 1.1 renamed)."""
    contexts = document.get("@context")
    first = contexts[0] if isinstance(contexts, list) and contexts else contexts
    return ("issuanceDate", "expirationDate") if first == CREDENTIALS_V1 else ("validFrom", "validUntil")
