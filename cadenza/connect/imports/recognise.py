"""How headers of files name our fields, in several languages; compared without case, signs and spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_OTHER = re.compile(r"[\W_]+")

PERSON = {
    "external_id": "customerid customerkey userid clientid customernumber custid customer_ref kundennummer kundenid "
    "clienteid idclient idcliente idклиента кодклиента klientaid clientkey memberid contactid personid householdid "
    "customer user",
    "email": "email emailaddress mail emailadresse correo courriel adresseemail epasts почта электроннаяпочта epost "
    "correoelectronico indirizzoemail customeremail",
    "phone": "phone phonenumber mobile mobilephone cell telephone tel telefon telefonnummer handy telefono telephone "
    "talrunis telefons телефон номертелефона celular movil portable",
    "loyalty_card": "loyaltycard loyaltycardnumber loyaltynumber discountcard discountcardnumber cardnumber bonuscard "
    "kundenkarte kundenkartennummer cartefidelite tarjetacliente klientakarte дисконтнаякарта номеркарты",
    "card_hash": "cardhash bankcardhash cardtoken bankcardtoken paymenttoken",
    "anonymous_id": "anonymousid visitorid cookieid deviceid",
    "app_id": "appid appinstanceid installationid appinstallationid",
}
CUSTOMER = {
    "full_name": "name fullname customername vollername nomcomplet nombrecompleto vardsuzvards фио имяфамилия",
    "first_name": "firstname givenname forename vorname prenom nombre nome vards имя imie",
    "last_name": "lastname surname familyname nachname nom apellido apellidos cognome uzvards фамилия nazwisko",
    "gender": "gender sex geschlecht sexe sexo genero dzimums пол plec",
    "birth_date": "birthdate birthday dateofbirth dob born geburtsdatum geburtstag datedenaissance fechadenacimiento "
    "dzimsanasdatums датарождения деньрождения dataurodzenia",
    "country": "country countrycode land pays pais paese valsts страна kraj",
    "region": "region state province bundesland provincia регион область",
    "city": "city town stadt ville ciudad citta pilseta город miasto",
    "language": "language locale lang sprache langue idioma lingua valoda язык",
    "time_zone": "timezone tz zeitzone",
    "consent.newsletter": "acceptsmarketing acceptsemailmarketing newsletter subscribed emailoptin optin emailconsent "
    "abonnent согласие подписка",
    "registered_at": "createdat registeredat signupdate created registered датарегистрации registrationdate",
    "at": "updatedat lastmodified modifiedat changedat",
}
SOLD = {
    "number": "ordernumber orderid orderno invoiceno invoice invoicenumber basketid transactionid bestellnummer "
    "auftragsnummer commande numerodecommande numeropedido pasutijums номерзаказа заказ bon receipt order",
    "placed_at": "orderdate invoicedate date datetime orderedat placedat createdat purchasedate transactiontimestamp "
    "timestamp bestelldatum datecommande fechapedido датазаказа дата datums",
    "currency": "currency currencycode waehrung devise moneda валюта valuta",
    "country": CUSTOMER["country"],
    "region": CUSTOMER["region"],
}
ORDER = {
    "status": "status orderstatus financialstatus statut estado статус statuss",
    "total": "total amount ordertotal revenue grandtotal sum summe betrag montant importe сумма итого summa totalprice",
    "shipping": "shipping shippingcost versand fraisdeport доставка",
    "tax": "tax vat mwst tva iva ндс pvn taxes",
    "discount": "discount discountamount rabatt remise descuento скидка atlaide",
    "coupon": "coupon couponcode promocode discountcode gutschein промокод",
}
LINE = {
    "line_number": "linenumber lineno orderlineitem lineitem position zeile строка",
    "product": "productid productkey product sku stockcode itemid item articleid artikelnummer produkt товар артикул "
    "idproducto",
    "name": "productname itemname description title bezeichnung название наименование lineitemname",
    "category": "category productcategory kategorie categorie categoria категория kategorija categorycode",
    "brand": "brand manufacturer marke marque marca бренд zimols manufacturerid",
    "quantity": "quantity qty orderquantity menge quantite cantidad количество daudzums units lineitemquantity",
    "price": "price unitprice itemprice preis prix precio prezzo цена cena einzelpreis lineitemprice",
    "total": "linetotal sales salesvalue amount total lineamount gesamt сумма summa revenue",
}
PRODUCT = {
    "id": "id productid productkey itemid product articleid",
    "sku": "sku productsku stockcode artikelnummer артикул mpn gtin ean",
    "name": "name title productname itemname bezeichnung название наименование nombre nosaukums producttype",
    "category": LINE["category"] + " department producttype googleproductcategory",
    "subcategory": "subcategory productsubcategory unterkategorie подкатегория",
    "brand": LINE["brand"] + " vendor",
    "price": LINE["price"] + " productprice listprice saleprice regularprice",
    "currency": SOLD["currency"],
    "url": "url link producturl permalink ссылка",
    "image_url": "image imageurl imagelink picture bild картинка images",
    "description": "description productdescription beschreibung описание body bodyhtml descripcion apraksts",
}
RETURN = {
    "returned_at": "returndate returnedat refundedat refunddate rueckgabedatum датавозврата",
    "product": LINE["product"],
    "quantity": "returnquantity returnedquantity " + LINE["quantity"],
    "number": SOLD["number"],
    "amount": "refundamount amount refund betrag сумма",
}
EVENT = {
    "event": "event eventname eventtype action activity ereignis событие",
    "at": "eventtime timestamp occurredat time datetime date at zeit время",
    "message_id": "messageid eventid",
}
CONSENT = {
    "email": PERSON["email"],
    "state": "consent state status subscribed optin subscriptionstatus acceptsmarketing zustimmung согласие",
    "topic": "topic list listname thema тема",
    "channel": "channel kanal канал",
    "at": "at consentedat consentdate optintime confirmtime subscribedat date timestamp дата",
    "wording": "wording text consenttext",
}
INTO_FROM = {
    "into.external_id": "winner survivor into keep master original resultingcustomer resultingcustomerids resulting "
    "winnerid survivorid intoid keepid targetid masterid mainid resultingcustomerid resultingcustomeridsmindboxid "
    "winnerexternalid intoexternalid survivorexternalid behalten ziel остается основной",
    "into.email": "winneremail survivoremail intoemail keepemail targetemail masteremail resultingcustomeremail",
    "into.phone": "winnerphone survivorphone intophone keepphone targetphone masterphone",
    "into.id": "winnerperson intoperson survivorperson",
    "from.external_id": "loser duplicate from merge customertomerge customerstomerge tomerge "
    "loserid duplicateid fromid mergeid sourceid customertomergeid customerstomergecustomeridsmindboxid "
    "loserexternalid fromexternalid duplicateexternalid duplikat doublon duplicado дубль дубликат dublikats",
    "from.email": "loseremail duplicateemail fromemail mergeemail sourceemail",
    "from.phone": "loserphone duplicatephone fromphone mergephone sourcephone",
    "from.id": "loserperson fromperson duplicateperson",
}
BY_KIND = {
    "merges": INTO_FROM,
    "customers": PERSON | CUSTOMER,
    "orders": PERSON | SOLD | ORDER,
    "order_lines": PERSON | SOLD | LINE,
    "products": PRODUCT,
    "returns": PERSON | RETURN,
    "events": PERSON | EVENT,
    "consents": PERSON | CONSENT,
}


def plain(header: str) -> str:
    """A header reduced to what is compared."""
    letters = unicodedata.normalize("NFKD", header.lower().replace("ß", "ss"))
    return _OTHER.sub("", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def recognise(kind: str, header: Iterable[str]) -> list[tuple[int, str, str]]:
    """(rank, column, field) for every header that names a field of this kind; the first word of a list ranks first."""
    names = [(name, plain(name)) for name in header]
    found = []
    for to, words in BY_KIND[kind].items():
        order = words.split()
        found += [(order.index(word), name, to) for name, word in names if word in order]
    return sorted(found, key=lambda one: one[0])
