"""Words that head the columns of people's lists, and domains that very many of them have. Data alone."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Headings and titles as they are compared: letters and digits alone, without accents or case."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in folded if c.isalnum())


# Beside a column with one half of a name these are whole names still; “Name” may be the other half.
_WHOLE = (
    "fullname vollername vorundnachname namevorname nachnamevorname vornamename vornamenachname nomcomplet "
    "nometprenom nomprenom prenomnom prenometnom nombrecompleto nombreyapellidos nombreapellidos "
    "apellidosynombre apellidosnombre nomecompleto nomecognome nomeecognome cognomenome cognomeenome "
    "volledigenaam forochefternamn forogefternavn imieinazwisko jmenoaprijmeni adsoyad фио имяфамилия "
    "ονοματεπωνυμο الاسمالكامل 氏名 姓名 성명 firstandlastname firstnamelastname lastnamefirstname"
)
_WORDS: dict[str, str] = {
    "name": (
        f"{_WHOLE} name recipientname recipient learner learnername student studentname participant "
        "earner earnername earnersname holder candidate person teilnehmer teilnehmername empfanger nom "
        "destinataire nombre alumno estudiante nome naam namn navn jmeno nimi имя ονομα الاسم 名前 이름"
    ),
    "given_name": (
        "firstname givenname givennames firstnames forename forenames fname first recipientfirstname "
        "learnerfirstname studentfirstname participantfirstname earnerfirstname vorname vornamen rufname "
        "prenom prenoms nombredepila nombres primernombre primeironome nomeproprio voornaam voornamen "
        "roepnaam fornamn tilltalsnamn fornavn imie imiona krestnijmeno etunimi etunimet ad adı isim "
        "الاسمالأول 名"
    ),
    "family_name": (
        "lastname familyname surname surnames lastnames lname last recipientlastname "
        "learnerlastname studentlastname participantlastname earnerlastname nachname nachnamen "
        "familienname zuname nomdefamille nomfamille nomdusage nomdenaissance patronyme apellido "
        "apellidos primerapellido cognome cognomi sobrenome apelido ultimonome achternaam familienaam "
        "efternamn etternavn efternavn slektsnavn nazwisko prijmeni priezvisko sukunimi soyad soyadı "
        "фамилия επωνυμο επιθετο اسمالعائلة اللقب 姓 苗字 성"
    ),
    "address": (
        "email emailaddress mail mailaddress emailid recipientemail earneremail studentemail "
        "learneremail participantemail address eaddress emailadresse mailadresse epost epostadresse "
        "adressemail adressemel courriel adresseemail adresseelectronique correo correoelectronico "
        "direcciondecorreo indirizzoemail postaelettronica mailadres emailadres epostadress sahkoposti "
        "adresemail email1 eposta почта электроннаяпочта البريدالالكتروني メール メールアドレス 邮箱 电子邮件 이메일"
    ),
    "own_id": (
        "id ownid personid studentid learnerid employeeid memberid membernumber studentnumber "
        "registernumber number matrikelnummer personalnummer mitgliedsnummer kundennummer nummer numero "
        "matricule numeroetudiant legajo matricola studentnummer externalid externid reference"
    ),
    "badge": (
        "badge badgename badgetitle badgeid template templatename badgetemplate achievement credential "
        "credentialname course coursename award certificate abzeichen auszeichnung zertifikat kurs "
        "diplome certificat cours insignia certificado curso distintivo certificato corso insigne cursus"
    ),
    "date": (
        "date awardedon awardeddate awarddate dateawarded issuedon issuedate issuedat issued dateofissue "
        "completedon completiondate datum verliehenam ausstellungsdatum ausgestelltam abschlussdatum "
        "dateattribution datedobtention datedelivrance fecha fechadeemision fechadeexpedicion data "
        "datadirilascio datadeemissao datumuitgifte dato"
    ),
    "expires": (
        "expires expireson expirydate expirationdate expiration expiresat expiry validuntil validtill "
        "enddate gultigbis ablaufdatum lauftabam dateexpiration expirele valablejusquau validejusquau "
        "fechadecaducidad caducidad fechadevencimiento vencimiento validohasta scadenza datadiscadenza "
        "validofinoal validade geldigtot vervaldatum"
    ),
    "evidence": (
        "evidence evidenceurl evidencelink link url prooflink portfolio nachweis nachweislink beleg "
        "preuve lienpreuve evidencia enlace prova bewijs"
    ),
    "note": (
        "note notes message comment comments personalnote remark narrative bemerkung notiz nachricht "
        "anmerkung remarque commentaire nota mensaje comentario messaggio commento opmerking"
    ),
    "result": (
        "result results grade grades score mark marks points percentage level outcome ergebnis "
        "abschlussnote gesamtnote punkte punktzahl bewertung resultat resultado calificacion puntuacion "
        "mention punteggio voto risultato cijfer beoordeling karakter ocena"
    ),
    "language": (
        "language locale lang sprache langue idioma lingua taal sprak sprog jezyk jazyk kieli keel nyelv dil limba "
        "hizkuntza llengua tungumal язык мова език језик γλωσσα اللغة لغة زبان שפה भाषा ภาษา ngônngữ 言語 语言 語言 "
        "语种 語種 언어"
    ),
}
WHOLE_NAMES: frozenset[str] = frozenset(plain(word) for word in _WHOLE.split())
HEADINGS: dict[str, str] = {plain(word): column for column, words in _WORDS.items() for word in words.split()}

_DOMAINS = (
    "gmail.com googlemail.com hotmail.com hotmail.co.uk hotmail.fr hotmail.it outlook.com outlook.de "
    "live.com msn.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.co.in ymail.com icloud.com "
    "aol.com proton.me protonmail.com web.de t-online.de freenet.de orange.fr wanadoo.fr laposte.net "
    "libero.it virgilio.it comcast.net verizon.net btinternet.com mail.com mail.ru yandex.ru "
    "rediffmail.com qq.com 163.com 126.com naver.com hanmail.net daum.net gmx.de gmx.net gmx.at "
    "gmx.ch bluewin.ch telenet.be ziggo.nl kpnmail.nl seznam.cz interia.pl uol.com.br bol.com.br "
    "terra.com.br fastmail.com zoho.com duck.com email.com hey.com tutanota.com posteo.de "
    "mailbox.org free.fr sfr.fr wp.pl onet.pl o2.pl inbox.lv abv.bg ya.ru bk.ru list.ru gmx.com"
)
# The more people have it, the earlier it stands: the first that fits is proposed.
POPULAR_DOMAINS: tuple[str, ...] = tuple(_DOMAINS.split())
