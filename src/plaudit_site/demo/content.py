"""What the demo shows: a certification body for product managers that does not exist, its badges, its people."""

from dataclasses import dataclass

NAME = "Northfold Institute of Product Management"
SHORT_NAME = "Northfold"
DESCRIPTION = (
    "Northfold examines and certifies people who manage products. Each certificate names the work it took, and "
    "each exam is marked by two practitioners who do not know whose paper they read."
)


@dataclass(frozen=True)
class Badge:
    """One badge: words, picture, and the page of Northfold's imaginary web site that tells the work in full."""

    slug: str
    title: str
    description: str
    criteria: str
    shape: str
    palette: str
    symbol: str
    skills: tuple[str, ...]
    work: tuple[tuple[str, str], ...]  # label -> page of the imaginary web site
    valid_months: int | None = None
    names_in_clear: bool = False


BADGES: tuple[Badge, ...] = (
    Badge(
        slug="certified-product-manager",
        title="Certified Product Manager",
        description=(
            "Shows that its holder can take a product from a problem worth solving to a release that people use, "
            "and can explain every decision on the way."
        ),
        criteria=(
            "**Exam.** Three hours, five cases, no multiple choice. Two examiners mark each paper without knowing "
            "whose it is; the pass mark is 65 of 100.\n\n"
            "**Portfolio.** One product decision of your own, told on at most six pages: what you knew, what you "
            "chose not to do, what happened.\n\n"
            "**Practice.** Two years of work as a product manager, confirmed by somebody you worked for.\n\n"
            "**Renewal.** Every three years, by forty hours of study or teaching."
        ),
        shape="hexagon",
        palette="ink",
        symbol="award",
        skills=("product management", "product strategy", "decision making"),
        work=(
            ("Exam handbook", "handbook"),
            ("Portfolio guide", "portfolio"),
            ("A marked sample paper", "sample"),
        ),
        valid_months=36,
        names_in_clear=True,
    ),
    Badge(
        slug="product-discovery",
        title="Product Discovery Practitioner",
        description="Shows that its holder can find out what people need before anything is built.",
        criteria=(
            "Plan and lead **eight interviews** with people who have the problem, and hand in the notes with all "
            "names removed.\n\n"
            "Write down **three assumptions** that turned out wrong, and what you did about each.\n\n"
            "Present the findings to two examiners in twenty minutes and answer their questions for twenty more."
        ),
        shape="rosette",
        palette="moss",
        symbol="compass",
        skills=("user research", "interviewing", "hypothesis testing"),
        work=(("What to hand in", "discovery"), ("How interviews are assessed", "assessment")),
    ),
    Badge(
        slug="roadmaps-and-priorities",
        title="Roadmaps and Priorities",
        description="Shows that its holder can say what comes first, what comes later and what does not come, and why.",
        criteria=(
            "Work through a case with **forty requests and room for nine**. Hand in the roadmap, and one page for "
            "those whose request is not on it.\n\n"
            "In a live session the case changes twice; you re-plan in front of the examiners."
        ),
        shape="octagon",
        palette="slate",
        symbol="chart-spline",
        skills=("prioritisation", "roadmapping", "stakeholder communication"),
        work=(("The case and its rules", "roadmap-case"),),
        valid_months=36,
    ),
    Badge(
        slug="product-analytics",
        title="Product Analytics",
        description="Shows that its holder can ask data an honest question and accept the answer.",
        criteria=(
            "Given **a year of usage data** of a fictional product, answer four questions with SQL and one with "
            "“this cannot be known from here”.\n\n"
            "Design an experiment: what you would measure, for how long, and at which result you would stop it.\n\n"
            "Pass mark: 70 of 100. The data set and last year's questions are public."
        ),
        shape="circle",
        palette="teal",
        symbol="microscope",
        skills=("product analytics", "SQL", "experiment design"),
        work=(("Data set and past questions", "analytics-data"), ("Marking scheme", "marking")),
    ),
    Badge(
        slug="pricing-and-business-models",
        title="Pricing and Business Models",
        description="Shows that its holder can find a price that customers accept and the business can live on.",
        criteria=(
            "Complete the **ten-week course** with its weekly exercises; eight of ten must be handed in.\n\n"
            "Write a pricing recommendation for a company that you choose from three, with the numbers it rests on."
        ),
        shape="shield",
        palette="gold",
        symbol="scale",
        skills=("pricing", "business models", "unit economics"),
        work=(("Course outline", "pricing-course"), ("Examples of recommendations", "pricing-examples")),
    ),
    Badge(
        slug="accessible-products",
        title="Accessible Products",
        description="Shows that its holder plans products that people with disabilities can use from the first day.",
        criteria=(
            "Test a public web site against **WCAG 2.2 AA**, by keyboard, with a screen reader and with automatic "
            "checks, and report what you found to its owner.\n\n"
            "Turn five findings into stories that a team could begin tomorrow, each with its acceptance test."
        ),
        shape="circle",
        palette="plum",
        symbol="accessibility",
        skills=("accessibility", "WCAG 2.2", "inclusive design"),
        work=(("Report form and examples", "accessibility-report"),),
    ),
    Badge(
        slug="senior-product-leader",
        title="Senior Product Leader",
        description="Shows that its holder leads the people who manage products, and has done so for years.",
        criteria=(
            "Be a **Certified Product Manager** with at least seven years of practice, three of them leading other "
            "product managers.\n\n"
            "Three references, one of them from somebody you led.\n\n"
            "An hour's conversation with a panel of three about one success and one failure. The panel decides "
            "unanimously."
        ),
        shape="hexagon",
        palette="wine",
        symbol="trophy",
        skills=("leadership", "coaching", "product strategy"),
        work=(("Who may apply, and how", "senior"), ("What the panel looks for", "panel")),
        names_in_clear=True,
    ),
)

# group -> (label, page of the imaginary web site)
LINKS: dict[str, tuple[tuple[str, str], ...]] = {
    "badges": (("Why we use Open Badges", "open-badges"), ("All certificates of Northfold", "certificates")),
    "work": (("How every exam is marked", "marking"), ("Rules of the examinations", "rules")),
    "issuer": (
        ("What Northfold is", "about"),
        ("The examiners", "examiners"),
        ("Code of conduct", "conduct"),
    ),
}

# page -> (title, text); pages that are linked and not told here say what they would hold.
PAGES: dict[str, tuple[str, str]] = {
    "about": (
        "What Northfold is",
        "Northfold examines people who manage products. It sells no courses for its own exams, so that nobody who "
        "teaches also marks. It is as invented as everything on this page: the demo needed an institute.",
    ),
    "open-badges": (
        "Why we use Open Badges",
        "A certificate on paper is checked by telephone, if at all. An Open Badge carries our signature: anybody can "
        "check it in a second, without asking us, and it keeps verifying when our web site is down.",
    ),
    "marking": (
        "How every exam is marked",
        "Each paper is marked twice, by examiners who know neither the candidate nor each other's marks. Where they "
        "differ by more than ten points a third one reads it. Every candidate gets the marking sheets.",
    ),
    "rules": (
        "Rules of the examinations",
        "Any material may be used, no person may be asked. A candidate may withdraw until the paper is handed in. An "
        "exam that was not passed can be taken again after three months, twice.",
    ),
    "examiners": (
        "The examiners",
        "Thirty-one practitioners, each with ten years of product work behind them, elected for four years by those "
        "who hold the certificate.",
    ),
    "conduct": (
        "Code of conduct",
        "Say what you know and what you guess. Do not measure what you would not tell the people you measure. Leave "
        "out what only looks good. Who breaks the code loses the certificate, and its page says so.",
    ),
    "handbook": (
        "Exam handbook",
        "Five cases in three hours. Each gives two pages of facts and asks for a decision with its reasons. Half of "
        "the marks are for the reasons, a quarter for what you left out, a quarter for how clearly you wrote.",
    ),
}


def label_of(page: str) -> str:
    """The text of the first link to a page of the imaginary web site."""
    every = [
        *(link for badge in BADGES for link in badge.work),
        *(link for links in LINKS.values() for link in links),
    ]
    return next((label for label, target in every if target == page), "")


@dataclass(frozen=True)
class Person:
    role: str
    name: str
    address: str
    what: str
    more_addresses: tuple[str, ...] = ()


# Accounts that exist from the start; each can sign in with the password that the demo prints.
PEOPLE: tuple[Person, ...] = (
    Person("owner", "Ada Ferreira", "ada@northfold.example", "runs Northfold: people, keys, everything"),
    Person("editor", "Edo Lindqvist", "edo@northfold.example", "writes Northfold's badges"),
    Person("awarder", "Ben Okafor", "ben@northfold.example", "awards them"),
    Person("viewer", "Vera Nowak", "vera@northfold.example", "may look, and change nothing"),
    Person(
        "earner",
        "Eve Marchetti",
        "eve@people.example",
        "has earned badges, in every state there is",
        ("eve.marchetti@work.example",),
    ),
    Person("operator", "Ozz Tanaka", "ozz@operator.example", "runs this site"),
)

# Somebody who was awarded two badges and has no account yet: the journey begins in her mailbox.
INVITED = Person("invited", "Nina Adeyemi", "nina@people.example", "has two invitations and no account yet")

# Others in Northfold's list of awards: name, address, badge, days ago.
OTHERS: tuple[tuple[str, str, str, int], ...] = (
    ("Tomás Herrera", "tomas@people.example", "certified-product-manager", 41),
    ("Aiko Mori", "aiko@people.example", "certified-product-manager", 41),
    ("Lena Fischer", "lena@people.example", "product-discovery", 27),
    ("Sanjay Rao", "sanjay@people.example", "product-analytics", 12),
    ("Zoë Lambert", "zoe@people.example", "accessible-products", 5),
)
