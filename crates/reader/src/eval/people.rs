//! People who do not exist: names, addresses and numbers for specimens.

use crate::eval::dice::Dice;
use domain::identity::{DocumentKind, check};
use domain::reading::{FieldName, LONG_TERM};
use jiff::ToSpan;
use jiff::civil::{Date, date};

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "高", "林", "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾",
    "肖", "田", "董", "袁", "潘", "于", "蒋", "蔡", "余", "杜", "叶", "程", "苏", "魏", "吕", "丁",
    "任", "沈", "姚", "卢", "姜", "崔", "钟", "谭", "陆", "汪", "范", "金", "石", "廖", "贾", "夏",
    "韦", "付", "方", "白", "邹", "孟", "熊", "秦", "邱", "江", "尹", "薛", "闫", "段", "雷", "侯",
    "龙", "史", "陶", "黎", "贺", "顾", "毛", "郝", "龚", "邵", "万", "钱", "严", "覃", "武", "戴",
    "欧阳", "上官", "司马", "诸葛", "皇甫", "尉迟",
];

const GIVEN: &str = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英霞平刚桂华玉兰红梅建国文辉力健世广志义兴良海山仁波宁贵福生\
    龙元全国胜学祥才发武新利清飞彬富顺信子杰涛昌成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松\
    善厚庆民友裕河哲江浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以建家致树炎德行时泰盛雄琛钧冠策\
    腾楠榕风航弘婉婷雪慧颖露瑶怡婵雁蓓纨仪荷丹蓉眉君琴蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希欣飘\
    育滢馥筠柔竹霭凝晓欢霄枫芸菲寒伊亚宜可姬舒影荔枝翊轩梓涵昱烨煜嘉俊琪萱睿皓宸钰彤妍沐";

/// Signs of names that small fonts and small nets lack; specimens use those that the font has.
const RARE: &str = "龑翀赟喆堃淼焱犇骉彧昊曌珺珏璟玥翯祎祺禛稷翾芃茜荥蕤衎裒諠谡赪赟轶迤邈郗酆钊铖锴镕阗陟隽霁靳顼颀飏骁骞鹄麒䶮㛃";

const DISTRICTS: &[(&str, &str, &str)] = &[
    ("110199", "北京市朝阳区", "北京市公安局朝阳分局"),
    ("110199", "北京市海淀区", "北京市公安局海淀分局"),
    ("310199", "上海市浦东新区", "上海市公安局浦东分局"),
    ("310199", "上海市徐汇区", "上海市公安局徐汇分局"),
    ("440199", "广东省广州市天河区", "广州市公安局天河分局"),
    ("440399", "广东省深圳市南山区", "深圳市公安局南山分局"),
    ("320199", "江苏省南京市鼓楼区", "南京市公安局鼓楼分局"),
    ("320599", "江苏省苏州市吴江区", "苏州市公安局吴江分局"),
    ("330199", "浙江省杭州市西湖区", "杭州市公安局西湖区分局"),
    ("330299", "浙江省宁波市鄞州区", "宁波市公安局鄞州分局"),
    ("420199", "湖北省武汉市江汉区", "武汉市公安局江汉区分局"),
    ("420199", "武汉市汉阳区", "武汉市公安局汉阳区分局"),
    ("430199", "湖南省长沙市岳麓区", "长沙市公安局岳麓分局"),
    ("430199", "湖南省长沙县", "长沙县公安局"),
    ("510199", "四川省成都市武侯区", "成都市公安局武侯区分局"),
    ("511399", "四川省阆中市", "阆中市公安局"),
    ("500199", "重庆市渝北区", "重庆市公安局渝北区分局"),
    ("610199", "西安市雁塔区", "西安市公安局雁塔分局"),
    ("370299", "山东省青岛市崂山区", "青岛市公安局崂山分局"),
    ("370199", "山东省济南市历下区", "济南市公安局历下区分局"),
    ("410199", "河南省郑州市金水区", "郑州市公安局金水路分局"),
    ("350299", "福建省厦门市思明区", "厦门市公安局思明分局"),
    ("210299", "辽宁省大连市甘井子区", "大连市公安局甘井子分局"),
    ("230199", "黑龙江省哈尔滨市道里区", "哈尔滨市公安局道里分局"),
    ("530199", "云南省昆明市五华区", "昆明市公安局五华分局"),
    ("650199", "新疆乌鲁木齐市天山区", "乌鲁木齐市公安局天山区分局"),
    ("152599", "内蒙古锡林浩特市", "锡林浩特市公安局"),
    ("450199", "广西南宁市青秀区", "南宁市公安局青秀分局"),
    ("360499", "江西省九江市濂溪区", "九江市公安局濂溪分局"),
    ("340199", "安徽省合肥市蜀山区", "合肥市公安局蜀山分局"),
];

const ROADS: &[&str] = &[
    "建设路",
    "人民路",
    "解放大道",
    "中山北路",
    "和平街",
    "长江路",
    "黄河路",
    "文化路",
    "青年大街",
    "新华西路",
    "光明巷",
    "学府路",
    "龙华东路",
    "望江路",
    "珠江新城花城大道",
    "凤凰镇石桥村",
    "柳林乡杨家湾村",
    "团结社区",
    "科技园",
    "迎宾大道",
    "朝阳北路",
    "滨河路",
    "湖滨南路",
    "金融街",
];

const PEOPLES: &[&str] = &[
    "汉",
    "汉",
    "汉",
    "汉",
    "汉",
    "汉",
    "蒙古",
    "回",
    "藏",
    "维吾尔",
    "苗",
    "彝",
    "壮",
    "布依",
    "朝鲜",
    "满",
    "侗",
    "瑶",
    "白",
    "土家",
    "哈尼",
    "哈萨克",
    "傣",
    "黎",
    "傈僳",
    "佤",
    "畲",
    "拉祜",
    "水",
    "东乡",
    "纳西",
    "景颇",
    "土",
    "羌",
    "仡佬",
    "锡伯",
    "达斡尔",
    "俄罗斯",
    "鄂温克",
    "京",
];

/// What a specimen says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// 姓名
    pub name: String,
    /// Whether the card says 男.
    pub is_male: bool,
    /// 民族
    pub ethnicity: String,
    /// 出生
    pub birth: Date,
    /// 住址
    pub address: String,
    /// 公民身份号码; its district code ends in 99, which no district has.
    pub number: String,
    /// 签发机关
    pub issuer: String,
    /// First day of validity.
    pub from: Date,
    /// Last day of validity; `None` is 长期.
    pub until: Option<Date>,
    /// 通行证号码, on residence permits only.
    pub permit_number: String,
    /// 签发次数, on residence permits only.
    pub issue_count: u8,
}

impl Person {
    /// Draws a person whose name the font can write.
    pub(crate) fn drawn(dice: &mut Dice, has: impl Fn(char) -> bool) -> Self {
        let name = loop {
            let name = name(dice);
            if name.chars().all(&has) {
                break name;
            }
        };
        let is_male = dice.happens(0.5);
        let (district, place, issuer) =
            DISTRICTS.get(dice.below(DISTRICTS.len())).copied().unwrap_or_default();
        let day = |dice: &mut Dice, from: i16, years: usize| {
            let year = from + i16::try_from(dice.below(years)).unwrap_or(0);
            let month = i8::try_from(dice.below(12) + 1).unwrap_or(1);
            date(year, month, i8::try_from(dice.below(28) + 1).unwrap_or(1))
        };
        let birth = day(dice, 1945, 60);
        let from = day(dice, 2012, 14);
        let years = [5, 10, 20, 0].get(dice.below(4)).copied().unwrap_or(0);
        let until = (years > 0).then(|| date(from.year() + years, from.month(), from.day()));
        Self {
            name,
            is_male,
            ethnicity: dice.pick(PEOPLES).to_owned(),
            birth,
            address: address(dice, place),
            number: number(DocumentKind::ResidentId, dice, district, birth, is_male),
            issuer: issuer.to_owned(),
            from,
            until,
            permit_number: String::new(),
            issue_count: 1,
        }
    }

    /// The same as the holder of another card with this layout: a residence permit's number has
    /// one of three codes in front, a temporary card is valid for three months.
    pub(crate) fn with(mut self, kind: DocumentKind, dice: &mut Dice) -> Self {
        match kind {
            DocumentKind::TemporaryResidentId => {
                self.until = self.from.checked_add(3.months()).ok();
            }
            DocumentKind::ResidencePermit => {
                let code = dice.pick(&["810000", "820000", "830000"]);
                self.number = number(kind, dice, code, self.birth, self.is_male);
                self.until = Some(date(self.from.year() + 5, self.from.month(), self.from.day()));
                let tail = dice.below(1_000_000);
                self.permit_number = match code {
                    "810000" => format!("H99{tail:06}"),
                    "820000" => format!("M99{tail:06}"),
                    _ => format!("99{tail:06}"),
                };
                self.issue_count = u8::try_from(dice.below(12) + 1).unwrap_or(1);
            }
            _ => {}
        }
        self
    }

    /// Whether the number is one of Taiwan's residents.
    pub(crate) fn is_of_taiwan(&self) -> bool {
        self.number.starts_with("83")
    }

    /// First and last day as printed.
    pub(crate) fn validity(&self) -> String {
        let day = |day: Date| day.strftime("%Y.%m.%d").to_string();
        let until = self.until.map_or_else(|| "长期".to_owned(), day);
        format!("{}-{until}", day(self.from))
    }

    /// What a perfect reader would say.
    pub fn truth(&self, name: FieldName) -> String {
        match name {
            FieldName::Name => self.name.clone(),
            FieldName::Sex => (if self.is_male { "男" } else { "女" }).to_owned(),
            FieldName::Ethnicity => self.ethnicity.clone(),
            FieldName::Birth => self.birth.to_string(),
            FieldName::Address => self.address.clone(),
            FieldName::Number => self.number.clone(),
            FieldName::Issuer => self.issuer.clone(),
            FieldName::ValidFrom => self.from.to_string(),
            FieldName::ValidUntil => {
                self.until.map_or_else(|| LONG_TERM.to_owned(), |until| until.to_string())
            }
            FieldName::PermitNumber => self.permit_number.clone(),
            FieldName::IssueCount => self.issue_count.to_string(),
            _ => String::new(),
        }
    }
}

/// A name in Chinese characters.
pub(crate) fn name(dice: &mut Dice) -> String {
    if dice.happens(0.04) {
        let first = dice.pick(&["阿卜杜", "古丽", "迪力夏提", "买买提", "其其格", "扎西"]);
        let last = dice.pick(&["艾合买提", "阿不都拉", "吐尔逊", "巴特尔", "次仁", "热合曼"]);
        return format!("{first}·{last}");
    }
    let mut name = dice.pick(SURNAMES).to_owned();
    for _ in 0..=usize::from(dice.happens(0.75)) {
        let signs = if dice.happens(0.06) { RARE } else { GIVEN };
        name.push(dice.sign(signs));
    }
    name
}

fn address(dice: &mut Dice, place: &str) -> String {
    let (road, house) = (dice.pick(ROADS), dice.below(480) + 1);
    let mut address = format!("{place}{road}{house}号");
    if dice.happens(0.7) {
        let block = (dice.below(28) + 1).to_string();
        address.extend([block.as_str(), "栋"]);
    }
    if dice.happens(0.5) {
        let (floor, door) = (dice.below(30) + 1, dice.below(6) + 1);
        let flat = format!("{}单元{floor}{door:02}室", dice.below(5) + 1);
        address.push_str(&flat);
    }
    address
}

/// A number with the right check character: the rule itself says which.
fn number(
    kind: DocumentKind,
    dice: &mut Dice,
    district: &str,
    birth: Date,
    is_male: bool,
) -> String {
    let order = (dice.below(450) + 10) * 2 + usize::from(is_male);
    let body = format!("{district}{}{order:03}", birth.strftime("%Y%m%d"));
    let today = date(2026, 1, 1);
    let whole = |sign: char| format!("{body}{sign}");
    let fits = |sign: &char| check(kind, &whole(*sign), today).is_valid();
    whole("0123456789X".chars().find(fits).unwrap_or('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_well_formed_and_of_no_district() {
        for seed in 0..200 {
            let person = Person::drawn(&mut Dice::new(seed), |_| true);
            let checked = check(DocumentKind::ResidentId, &person.number, date(2026, 11, 1));
            assert!(checked.is_valid(), "{checked:?}");
            assert_eq!(checked.facts.birth, Some(person.birth));
            assert_eq!(person.number.get(4..6), Some("99"));
        }
    }
}
