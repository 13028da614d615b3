"""Usual names of tables, columns and words in loyalty and ERP exports, in three languages.

Names are compared as sets of lower-case parts without accents; `FILLERS` (id, code, number) do not
count. Gathered from how such systems name things in English, Indonesian and Spanish; a judgement,
to be extended where a draft guesses badly.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

Words = dict[str, dict[str, str]]
"""Our name, then per language the phrases, separated by commas."""

FILLERS: Final = frozenset((
    "id", "ids", "code", "cd", "kode", "key", "no", "nr", "num", "number", "nomor", "nomer",
    "codigo", "cod", "numero", "nro", "clave", "tx", "the", "of", "de", "del", "la", "el",
))

TABLES: Final[Words] = {
    "members": {"en": "member,customer,client,partner,user,account,contact,retailer,dealer",
                "id": "anggota,pelanggan,mitra,toko,pengguna",
                "es": "miembro,cliente,socio,usuario,comercio,distribuidor"},
    "scans": {"en": "scan,claim,transaction,sale,sales,invoice,purchase,order,earn,accrual",
              "id": "pindai,klaim,transaksi,penjualan,pembelian,faktur",
              "es": "escaneo,reclamo,transaccion,venta,ventas,compra,factura,acumulacion"},
    "redemptions": {"en": "redemption,redeem,reward,burn,voucher,gift,payout",
                    "id": "penukaran,tukar,hadiah", "es": "canje,canjes,redencion,premio"},
    "referrals": {"en": "referral,refer,invite,invitation", "id": "rujukan,referensi,ajakan",
                  "es": "referido,referidos,invitacion"},
    "outlets": {"en": "outlet,store,shop,branch,terminal,location", "id": "gerai,cabang,outlet",
                "es": "tienda,sucursal,local"},
    "codes": {"en": "codes,qr,qrcode,sticker,label", "id": "stiker,kode qr",
              "es": "codigos,etiqueta"},
    "feedback": {"en": "fraud,feedback,case,review,audit,chargeback",
                 "id": "kecurangan,kasus,tinjauan", "es": "fraude,caso,revision,auditoria"},
}

COLUMNS: Final[Words] = {
    "event_id": {"en": "event,transaction,scan,claim,redemption,referral,order,line,record,uuid,"
                       "receipt,sale,invoice",
                 "id": "transaksi,klaim,penukaran,rujukan,pesanan,faktur",
                 "es": "evento,transaccion,escaneo,canje,pedido,operacion,venta,factura"},
    "member_id": {"en": "member,customer,cust,client,partner,user,account,retailer,loyalty,"
                        "participant,dealer,referrer",
                  "id": "anggota,pelanggan,mitra,toko,pengguna,peserta,pengajak",
                  "es": "miembro,cliente,socio,usuario,participante,comercio,referente"},
    "occurred_at": {"en": "occurred,scanned,scan date,scan time,date,time,datetime,timestamp,"
                          "created,transaction date,transaction time,invoice date,order date,"
                          "redeemed,redemption date,sold,event time,purchase date",
                    "id": "tanggal,waktu,tgl,tanggal transaksi,tgl transaksi,tanggal klaim,"
                          "tanggal penukaran,tgl tukar,tanggal faktur,tgl faktur",
                    "es": "fecha,hora,fecha hora,fecha transaccion,fecha escaneo,fecha canje,"
                          "fecha compra,fecha venta,fecha factura"},
    "recorded_at": {"en": "recorded,received,uploaded,server time,synced,inserted",
                    "id": "diterima,diunggah,tercatat", "es": "registrado,recibido,subido"},
    "joined_at": {"en": "joined,join date,enrolled,enrollment date,registered,registration date,"
                        "signup,signup date,created,member since,since,onboarded",
                  "id": "bergabung,tanggal daftar,tgl daftar,terdaftar,tanggal bergabung,"
                        "tgl bergabung,tgl gabung",
                  "es": "alta,fecha alta,fecha registro,registro,inscripcion,fecha inscripcion,"
                        "fecha ingreso"},
    "points": {"en": "points,point,pts,points earned,earned points,score,points redeemed,"
                     "points spent",
               "id": "poin,jumlah poin,poin didapat,poin ditukar", "es": "puntos,puntaje"},
    "persona": {"en": "persona,type,member type,customer type,role,segment,category,partner type",
                "id": "jenis,tipe,peran,kategori,jenis mitra,tipe mitra,jenis pelanggan,tipe toko",
                "es": "tipo,rol,categoria,tipo cliente,segmento,tipo socio"},
    "tier": {"en": "tier,level,grade,status level", "id": "tingkat,level",
             "es": "nivel,categoria nivel"},
    "trade": {"en": "trade,profession,occupation", "id": "profesi,pekerjaan",
              "es": "oficio,profesion"},
    "region": {"en": "region,area,territory,province,state,city,country,zone",
               "id": "wilayah,provinsi,kota,daerah,area",
               "es": "zona,provincia,estado,ciudad,pais"},
    "language": {"en": "language,lang,locale", "id": "bahasa", "es": "idioma"},
    "display_name": {"en": "name,full name,member name,customer name,shop name",
                     "id": "nama,nama toko,nama pelanggan,nama lengkap",
                     "es": "nombre,razon social,nombre cliente"},
    "consent": {"en": "consent,opt in,marketing consent,optin", "id": "persetujuan",
                "es": "consentimiento"},
    "points_balance": {"en": "balance,points balance,current points", "id": "saldo,saldo poin",
                       "es": "saldo,saldo puntos"},
    "phone_hash": {"en": "phone hash,mobile hash", "id": "hash telepon", "es": "hash telefono"},
    "payout_id": {"en": "payout,bank account,wallet,iban", "id": "rekening,dompet",
                  "es": "cuenta bancaria,billetera,cuenta"},
    "outlet_id": {"en": "outlet,store,shop,branch,terminal,pos", "id": "gerai,cabang,outlet",
                  "es": "tienda,sucursal,local"},
    "seller_id": {"en": "seller,distributor,vendor,supplier", "id": "distributor,penjual,agen",
                  "es": "vendedor,distribuidor,proveedor"},
    "invoice_no": {"en": "invoice,bill,receipt", "id": "faktur,nota,kwitansi",
                   "es": "factura,boleta,recibo"},
    "code_id": {"en": "qr,qrcode,serial,coupon,barcode,scanned,unique",
                "id": "qr,seri,kupon,stiker,unik", "es": "qr,serie,cupon,barras,unico"},
    "batch_id": {"en": "batch,lot", "id": "batch,lot", "es": "lote"},
    "sku": {"en": "sku,product,item,material,stock,article", "id": "produk,barang",
            "es": "producto,articulo,material"},
    "quantity": {"en": "quantity,qty,units,pieces", "id": "jumlah,kuantitas,jml",
                 "es": "cantidad,unidades,cant"},
    "amount": {"en": "amount,value,total,net amount,revenue,sales value,price,tx amount",
               "id": "nilai,total,harga,nominal,rupiah", "es": "importe,monto,valor,total,precio"},
    "device_id": {"en": "device,imei,handset", "id": "perangkat,hp", "es": "dispositivo,equipo"},
    "ip": {"en": "ip,ip address", "id": "alamat ip", "es": "direccion ip"},
    "lat": {"en": "lat,latitude", "id": "lintang", "es": "latitud"},
    "lon": {"en": "lon,lng,long,longitude", "id": "bujur", "es": "longitud"},
    "channel": {"en": "channel,source channel,via", "id": "kanal,saluran", "es": "canal"},
    "proof": {"en": "proof,proof type,scan type,capture type", "id": "bukti,jenis bukti",
              "es": "comprobante,tipo comprobante"},
    "agent_id": {"en": "agent,operator,entered,staff", "id": "operator,petugas",
                 "es": "agente,operador"},
    "outcome": {"en": "outcome,status,state,result", "id": "status,hasil",
                "es": "estado,estatus,resultado"},
    "reward_id": {"en": "reward,gift,voucher,prize", "id": "hadiah,voucher",
                  "es": "premio,recompensa,vale"},
    "referee_id": {"en": "referee,referred,invited,invitee,new member,friend",
                   "id": "diajak,diundang,anggota baru", "es": "referido,invitado,nuevo socio"},
    "label": {"en": "label,fraud,is fraud,verdict,fraud flag",
              "id": "kecurangan,label,curang", "es": "fraude,es fraude,dictamen"},
    "decided_at": {"en": "decided,decision date,closed,reviewed,resolved,date",
                   "id": "tanggal keputusan,ditutup,tanggal,tgl putusan",
                   "es": "fecha decision,cerrado,resuelto,fecha"},
    "kind": {"en": "kind,type,category", "id": "jenis,tipe", "es": "tipo"},
    "status": {"en": "status,state", "id": "status", "es": "estado"},
    "dispatched_at": {"en": "dispatched,dispatch date,shipped", "id": "dikirim,tanggal kirim",
                      "es": "despachado,fecha despacho"},
}

VALUES: Final[Words] = {
    "retailer": {"en": "retailer,retail,shop,store,dealer", "id": "toko,pengecer,ritel",
                 "es": "minorista,tienda,comercio,detallista"},
    "distributor": {"en": "distributor,wholesaler,stockist", "id": "distributor,grosir,agen",
                    "es": "distribuidor,mayorista"},
    "promoter": {"en": "promoter,spg,salesperson", "id": "promotor,sales",
                 "es": "promotor,vendedor"},
    "influencer": {"en": "influencer,contractor,electrician,plumber,painter,mason,farmer",
                   "id": "tukang,mandor,kontraktor,petani",
                   "es": "instalador,contratista,electricista,albanil,plomero"},
    "field_rep": {"en": "field rep,rep,field force", "id": "sales lapangan",
                  "es": "representante,asesor"},
    "bronze": {"en": "bronze", "id": "perunggu", "es": "bronce"},
    "silver": {"en": "silver", "id": "perak", "es": "plata"},
    "gold": {"en": "gold", "id": "emas", "es": "oro"},
    "platinum": {"en": "platinum", "id": "platina", "es": "platino"},
    "whatsapp": {"en": "whatsapp,wa", "id": "wa", "es": "wsp"},
    "app": {"en": "app,mobile,mobile app", "id": "aplikasi", "es": "aplicacion,movil"},
    "sms": {"en": "sms,text", "id": "sms", "es": "sms,mensaje"},
    "file": {"en": "file,upload,excel", "id": "berkas,unggah", "es": "archivo,carga"},
    "qr": {"en": "qr,qrcode,qr code", "id": "kode qr", "es": "codigo qr"},
    "barcode": {"en": "barcode,ean", "id": "barkod", "es": "codigo barras"},
    "serial": {"en": "serial,serial number", "id": "seri", "es": "serie"},
    "invoice": {"en": "invoice,bill,receipt", "id": "faktur,nota", "es": "factura,boleta"},
    "credited": {"en": "credited,approved,accepted,valid,ok,success,completed,done",
                 "id": "disetujui,berhasil,sukses,selesai",
                 "es": "aprobado,valido,exitoso,acreditado"},
    "held": {"en": "held,pending,on hold,in review", "id": "tertunda,menunggu",
             "es": "pendiente,retenido,en revision"},
    "refused": {"en": "refused,rejected,declined,invalid,failed,cancelled",
                "id": "ditolak,gagal,batal", "es": "rechazado,invalido,fallido,anulado"},
    "fraud": {"en": "fraud,true,1,yes,y,confirmed,fraudulent", "id": "curang,ya,kecurangan",
              "es": "fraude,si,confirmado"},
    "legit": {"en": "legit,false,0,no,n,genuine,ok,cleared", "id": "sah,tidak,bukan",
              "es": "legitimo,descartado"},
    "printed": {"en": "printed", "id": "dicetak", "es": "impreso"},
    "dispatched": {"en": "dispatched,shipped", "id": "dikirim", "es": "despachado,enviado"},
    "activated": {"en": "activated,active,used", "id": "aktif,terpakai", "es": "activado,usado"},
    "void": {"en": "void,cancelled,blocked", "id": "batal", "es": "anulado"},
}


def parts_of(name: str) -> tuple[str, ...]:
    """Lower-case parts of a name, without accents and plural endings.

    >>> parts_of("KodePelanggan_ID"), parts_of("Código de puntos")
    (('kode', 'pelanggan', 'id'), ('codigo', 'de', 'punto'))
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", plain)
    words = re.findall(r"[a-z]+|[0-9]+", split.lower())
    return tuple(word[:-1] if len(word) > 4 and word.endswith("s") else word for word in words)


def likeness(theirs: str, ours: str, words: Words) -> tuple[float, str]:
    """How much a name of theirs reads like one of ours, 0 to 1, and in which language.

    1 is our own name, 0.9 a usual name for it, up to 0.8 a name that contains one.

    >>> likeness("kode_pelanggan", "member_id", COLUMNS)
    (0.9, 'id')
    >>> likeness("nama_gudang", "member_id", COLUMNS)
    (0.0, '')
    """
    mine = parts_of(theirs)
    if mine == parts_of(ours):
        return 1.0, ""
    best = (0.0, "")
    for language, phrases in words.get(ours, {}).items():
        for phrase in phrases.split(","):
            best = max(best, (_overlap(mine, parts_of(phrase)), language),
                       key=lambda scored: scored[0])
    return best


def _overlap(mine: tuple[str, ...], phrase: tuple[str, ...]) -> float:
    core, wanted = _core(mine), _core(phrase)
    if core == wanted:
        return 0.9
    return 0.5 + 0.3 * len(wanted) / len(core) if wanted <= core else 0.0


def _core(parts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(parts) - FILLERS or frozenset(parts)
