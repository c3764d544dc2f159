"""What women write, and how fast somebody must act. `level | where | text`; where as in conftest.context."""

from collections.abc import Callable

import pytest

from dialogs.triage.finding import Judgement

REGRESSION = """
urgent |  | 见红了,36周
soon |  | 39周见红一点点粘的
none |  | 没有出血
urgent | 33 | 没有出血但是肚子一阵一阵地疼
urgent |  | 除了流血没别的
none |  | 我姐姐上次流血
urgent | 20 | 昨天流血今天没了
none |  | 破水是什么感觉
emergency | 34 | 好像破水了
soon |  | 羊水有点少
urgent |  | 宝宝不动了
urgent |  | 今天没怎么动
self_care |  | 走不动了
urgent |  | 不是没有胎动就是少
self_care |  | 小腿抽筋
emergency |  | 她抽过去了
emergency |  | 眼前发黑头疼得厉害
urgent |  | 血压165/112
emergency |  | 血压165/112 头疼
urgent |  | 血压 95/150
emergency |  | 145/92 眼花
urgent |  | 体温385
emergency |  | 喘不上气
self_care |  | 爬楼有点喘
urgent |  | 不想活了
emergency |  | 不想活了药都买好了
none |  | 想死你了
self_care |  | 累死了
emergency |  | 老公打我肚子
none |  | 明天打针
none |  | 见红包了
none |  | 要生气了
urgent |  | 要生了
soon |  | 烧水烫到手
emergency |  | 产后3天一小时湿透一片
urgent |  | 产后20天又来红
none |  | 有没有出血都要去医院吗
urgent | n0 | 宝宝脸黄
urgent |  | 宝宝两周了还黄大便发白
emergency |  | 不吃奶叫不醒
urgent | n5 | 37.6
self_care | n5 | 吐奶
self_care |  | 吐奶
urgent |  | 하혈이 있어요
urgent |  | 태동이 없어요
urgent |  | td少了
emergency |  | ys破了
none |  | 。。。
urgent |  | 我阳了37周发烧39
urgent |  | 没核酸医院不收
none | 30 | 没有头疼 没有眼花 没有出血
urgent | 30 | 高压150低压95
urgent | 30 | 血压一百五，九十五
urgent | 30 | 三十八度半
urgent | 30 | 烧到38度5
soon | 30 | 有点头晕
self_care | 30 | 腰酸
urgent |  | 孕35周，小腹隐隐作痛，一阵一阵的，有点下坠，怎么办？
urgent |  | 怀孕45天，有少量褐色分泌物，小腹有点痛，请问医生怎么办？孕酮15.6，HCG 12000
urgent |  | 你好医生，我怀孕两个月了，今天上厕所发现内裤上有血，肚子不疼，是不是先兆流产？需要保胎吗
emergency |  | 我怀孕7个多月，最近几天手脚浮肿得厉害，血压150/100，头晕，请问怎么回事
urgent |  | 怀孕32周，胎动减少，一天只动了三次，正常吗
emergency |  | 剖腹产后20天，今天突然流了好多血，有血块
urgent |  | 产后10天发烧39度，乳房有硬块疼痛
urgent |  | 宝宝出生5天，皮肤发黄，眼睛也黄，吃奶少，爱睡觉
soon |  | 宝宝出生15天了，黄疸还没退，黄疸值12，正常吗
urgent |  | 新生儿肚脐流脓水有臭味怎么办
urgent |  | 孕妇感冒发烧38.5能吃什么药
urgent |  | 怀孕3个月，孕吐严重，什么都吃不下，喝水也吐，人都虚脱了
none |  | 怀孕6个月可以吃榴莲吗
none |  | 孕28周糖耐 空腹5.0 一小时9.8 两小时8.2 正常吗
none |  | 怀孕20周，以前有过流产史，这次要注意什么
none |  | 怀孕五个月，b超显示胎盘低置，会不会出血
none |  | 怀孕38周，如何判断破水还是漏尿
none |  | 我去年剖腹产时大出血，现在怀孕12周，会有危险吗
self_care |  | 怀孕24周，半夜小腿抽筋，补钙了还是抽
none |  | 怀孕13周，唐筛和NT什么时候做
none |  | 月经推迟10天，是不是怀孕了
soon |  | 怀孕36周了，肚子经常发硬，一天好几次，不疼，正常吗
emergency |  | 怀孕8个月，晚上睡觉胸闷气短，躺着喘不过气
soon |  | 怀孕后老是想哭，心情不好，不想说话
urgent |  | 孩子20天，拉肚子，大便有血丝
self_care |  | 孩子一个月，老打嗝，吐奶
urgent |  | 宝宝25天，感冒鼻塞，咳嗽，有点喘
urgent |  | 宝宝7天，哭闹不止，肚子胀，两天没大便
soon |  | 孕39周，宫缩不规律，没有见红，没有破水，需要去医院吗
urgent |  | 怀孕26周，不小心摔了一跤，屁股着地，没有出血，胎动正常
"""
"""The minimum set of the clinical specification (D6)."""

CHAT = """
emergency |  | 刚出生三天的婴儿嘴唇发紫，是怎么回事
emergency |  | 孕36周，内裤总是湿湿的，不知道是不是羊水
emergency |  | 药流后一直出血不止，有血块，头晕
emergency |  | 孕妇煤气中毒对胎儿有影响吗
emergency |  | 怀孕30周，右上腹疼痛，恶心呕吐
emergency |  | 我媳妇怀孕33周突然抽搐口吐白沫
emergency |  | 我真的受不了了，想抱着孩子跳楼
emergency |  | 老公喝醉酒打我，我现在怀孕5个月
emergency |  | 吃了20片安眠药
emergency |  | 流血了快救命
emergency | 30 | 老公在外地 我流了好多血
emergency | 35 | 我妹妹陪着我呢 刚才破水了
emergency | 28 | 以前没有过 今天突然流了好多血
emergency | 32 | 上次产检血压高 今天头疼眼花
emergency | 33 | 没有什么特别 就是头疼得厉害 看不清东西
emergency | 33 | 血压还好 就是心慌喘不上气
emergency | n20 | 体温39.1 精神差不吃奶
emergency | n6 | 呼吸有点快 一分钟65次
emergency | p2 | 站起来眼前发黑晕倒了 出血还多
emergency | p1 | 血还是很多 一小时换两片
emergency | p30 | 有时候想把孩子扔下去
emergency | p30 | 遗书写好了
emergency | 20 | 又被打了
emergency | 20 | 他掐我脖子
emergency | 30 | 煤炉子熏得一家人都头晕恶心
emergency | 28 | 餐后血糖18 口渴
emergency | 39 | 羊水破了 宝宝是臀位
emergency | 38 | 脐带掉出来了
emergency | 30 | 숨이 차서 못 눕겠어요
emergency | 30 | I'm bleeding a lot with clots
emergency | 33 | my water broke
emergency | 34 | bad headache and blurry vision
emergency | n5 | baby won't wake up to feed
emergency |  | 怀孕6个月，突然阴道流血，量多，色鲜红，无腹痛
emergency |  | 怀孕35周，凌晨突然破水，没有宫缩，现在该怎么办？
emergency |  | 怀孕9个月，腿肿，头晕，看东西模糊，血压170/110
urgent |  | 怀孕33天，少量出血，没有血块，肚子不疼
urgent |  | 请问孕妇血压140/95算高吗，怎么降
urgent |  | 我怀孕27周了，今天早上起床的时候突然眼前一黑晕倒了，过了一会才醒
urgent |  | 产后抑郁怎么办，每天都想哭，不想看见孩子，觉得活着没意思
urgent |  | 哺乳期乳腺炎发烧39度可以喂奶吗
urgent |  | 新生儿黄疸15.6需要住院吗
urgent |  | 宝宝出生12天，体温37.8，是发烧吗
urgent |  | 我宝宝才一个月，咳嗽流鼻涕，发烧38.6
urgent |  | 孩子18天，吐奶厉害，每次吃完都喷出来
urgent |  | 我怀孕40天，左侧小腹一直隐隐作痛，会不会是宫外孕
urgent |  | 孕30周，胎动比以前频繁，是缺氧吗
urgent |  | 怀孕38周，突然下面流出一股水，不受控制
urgent |  | 无痛人流后出血20天正常吗
urgent |  | 同房后出血，怀孕15周
urgent |  | 怀孕25周，出车祸了，肚子撞到方向盘
urgent |  | 孕34周，头痛两天了，血压没量
urgent |  | 产后一周，左小腿肿痛
urgent |  | 产后半个月，侧切伤口裂开了
urgent |  | 婆婆天天骂我，老公也不管，我好压抑，整夜睡不着
urgent | 24 | 出血了怎么办啊好害怕
urgent | 10 | 下面一直流血 量跟月经一样多
urgent | 32 | 没流血 但是孩子半天没动了
urgent | 26 | 拉肚子三次了 肚子一阵阵疼
urgent | 10 | 呕吐了 喝水都吐 一天没尿了
urgent | 31 | 胎动比平时少很多
urgent | 31 | 今天胎动少
urgent | 35 | 宝宝今天很乖 都不怎么动
urgent | 36 | 刚测的血压 158-102
urgent | 34 | 高压一百六 低压一百一
urgent | 30 | 发烧三天了
urgent | n20 | 孩子39度
urgent | n20 | 宝宝额头烫
urgent | n3 | 宝宝手脚冰凉 不肯吃奶
urgent | n5 | 身上也黄了
urgent | n25 | 一直哭 怎么哄都哄不住 肚子鼓鼓的
urgent | n25 | 宝宝从床上掉下来了
urgent | p8 | 恶露有臭味
urgent | p20 | 奶涨得像石头 发冷发抖
urgent | p12 | 左腿又红又肿又疼
urgent | p30 | 死了算了
urgent | p30 | 想死
urgent | 28 | 血糖2.8 心慌手抖
urgent | 22 | 尿尿疼 发烧腰疼
urgent | 30 | 坐电动车摔倒了 肚子没事
urgent | 38 | 医院说没床位不收我 我宫缩5分钟一次
urgent | 34 | 宫缩10分钟一次
urgent | 25 | 白带有血丝
urgent | 39 | 羊水破了
urgent | 20 | 피가 조금 나왔어요
urgent | n15 | 아기가 열이 38.5도예요
urgent | 38 | 진통이 5분 간격이에요
urgent | p20 | 죽고 싶어요
urgent | 33 | baby not moving today
urgent | p20 | i want to die
urgent | 38 | contractions every 5 minutes
urgent |  | 医生你好，我怀孕7周，一直有点褐色分泌物，没有腹痛，孕酮12，hcg 45000，b超看到胎心胎芽，需要保胎吗？
urgent |  | 你好，我老婆怀孕28周，最近两天总说肚子发硬，一阵一阵的，有点疼，一小时好几次，怎么回事？
urgent |  | 怀孕50天左右，阴道有少量咖啡色分泌物，伴有轻微腹痛腰酸，怎么办？
urgent |  | 宝宝出生第4天，脸和眼睛发黄，吃奶好，大小便正常，需要去医院照蓝光吗？
urgent |  | 婴儿一个月，吐奶从鼻子里喷出来，吓死人了，要不要紧
urgent |  | 剖腹产后15天，晚上发烧39度，伤口不疼，乳房胀痛，能吃退烧药吗
urgent |  | 产后40天，恶露干净一周后又出血，鲜红，像月经，是来月经了吗
urgent |  | 孕38周见红两天了，今天早上开始肚子规律疼，7-8分钟一次，每次30秒，该去医院了吗
urgent |  | 孕29周，从昨天到今天胎动明显减少，吃了甜食也不动，用胎心仪听胎心150，有必要去医院吗
urgent |  | 怀孕23周，尿频尿急尿痛，小便有血
urgent |  | 怀孕两个月，吃什么吐什么，三天没吃东西，尿酮体3个加
urgent |  | 孕25周从楼梯上滑下来，屁股疼，肚子不疼，没出血
urgent |  | 孕4个月，晚上睡觉被老公手肘撞到肚子，没有不舒服，有影响吗
urgent |  | 宫颈机能不全，环扎术后24周，最近感觉下坠
urgent |  | 双胞胎30周，肚子发紧频繁
urgent |  | 瘢痕子宫36周，刀口处隐隐作痛
urgent |  | 胎盘前置32周，今天有一点点出血
soon |  | 我怀孕29周，医生说我血糖高，空腹6.1，餐后两小时9.5，怎么控制饮食
soon |  | 孕晚期总是感觉喘不上来气，尤其是爬楼的时候，正常吗
soon |  | 怀孕23周，白带有点多发黄，有异味，外阴痒
soon |  | 孕28周感冒，咳嗽有痰，嗓子疼，没有发烧，可以吃什么药
soon |  | 孕33周，胎心率165，正常吗
soon |  | 怀孕35周，羊水指数7，偏少，怎么办
soon |  | 怀孕26周，全身皮肤瘙痒，尤其是晚上，手心脚心也痒
soon |  | 宝宝2个月，3天没拉大便了，吃奶正常，精神好
soon |  | 新生儿黄疸怎么退
soon |  | 孕妇肚子疼拉肚子怎么办
soon |  | 孕39+3，宫口开一指，见红了，肚子不疼，什么时候会生
soon |  | 怀孕34周，头有点痛，可能没睡好
soon |  | 产后4天，刀口流黄水，有点红
soon | 20 | 没有发烧 没有咳嗽 就是嗓子有点疼
soon | 33 | 踢得我肚子疼
soon | 30 | 37.5 有点低烧
soon | n5 | 脸有点黄 吃睡都好
soon | n9 | 肚脐有点渗血
soon | n9 | 脐带掉了 有点血
soon | n20 | 三天没拉屎
soon | p8 | 刀口流脓了
soon | p20 | 奶水堵了 有硬块
soon | p5 | 头晕乏力 脸色苍白
soon | p15 | 情绪很差 每天哭
soon | 20 | 怕他打我
self_care | 28 | 空腹血糖5.8
soon | 33 | 皮肤好痒 晚上痒得睡不着
soon | 39 | 黏黏的带血丝 39周
soon | 30 | 머리가 조금 아파요
soon |  | 怀孕33周，产检医生说血压偏高，138/88，尿蛋白阴性，需要注意什么？
soon |  | 怀孕三个多月，感冒了，头疼，鼻塞，不发烧，吃什么药好？
soon |  | 宝宝满月了，眼屎多，是怎么回事，怎么处理
soon |  | 顺产后一个月了还有恶露，量少，暗红色，没有异味，要去医院检查吗
soon |  | 孕20周，晚上平躺时胸闷气短，侧躺会好一些
soon |  | 孕妇得了水痘怎么办，怀孕18周
soon |  | 怀孕11周，接触了风疹病人
soon |  | 怀孕30周，胆汁酸32，手心脚心痒
self_care |  | 怀孕31周，晚上老是失眠，怎么办
self_care |  | 孕期便秘怎么办，已经3天没大便了
self_care |  | 产后三个月，腰疼，是月子没坐好吗
self_care |  | 宝宝20天了，脸上长湿疹怎么办
self_care |  | 怀孕19周，还没有感觉到胎动，正常吗
self_care |  | 怀孕22周，胎动不明显怎么回事
self_care |  | 怀孕17周，牙龈出血怎么办
self_care |  | 怀孕期间痔疮出血怎么办
self_care | 8 | 孕吐 还能吃点东西
self_care | 33 | 早上血压130/85
self_care | n9 | 打嗝打喷嚏正常吗
self_care | n12 | 睡着了手脚会突然抖一下
self_care | p20 | 恶露越来越少了 淡黄色
self_care | p5 | 刀口疼
self_care | 30 | no bleeding no pain just tired
self_care |  | 刚出生10天的宝宝，睡觉时总是一惊一惊的，手脚抖动，是缺钙吗
self_care |  | 产后10天，大便出血，痔疮疼得厉害
none |  | 孕37周胎位不正，如果破水了怎么办
none |  | 生完孩子两个月了还没来月经正常吗
none |  | 怀孕12周，昨天不小心吃了一片感冒药，对胎儿有影响吗
none |  | 怀孕35周，B超显示脐带绕颈一周，有危险吗
none |  | 宝宝10天，一天拉七八次，黄色稀水，正常吗
none |  | 宝宝28天，总是使劲憋得脸通红，哼哼唧唧
none |  | 怀孕两个月可以同房吗
none |  | 备孕需要检查什么
none | 36 | 听说破水了要躺着 是真的吗
none | 28 | 我同事怀孕七个月突然胎停了 我好担心
none | 20 | 请问产检要带什么
none | 28 | 怎么数胎动
none | 15 | 无创和羊穿选哪个
none | 30 | 医生让我测血压 怎么测
none | 22 | 预约明天的B超
none | 30 | 宝宝动得很欢
none | 30 | 体温36.8正常
none | 30 | 量了37度2
none | 30 | 阳台上晒太阳可以吗
none | 30 | 배가 안 아파요
none | 30 | 출혈은 없어요
none | 15 | when can I feel baby move
none | 36 | how do i know if my water broke
none | 20 | can i eat sushi
none |  | 我今年35岁，二胎，第一胎是顺产，当时产后出血，这次怀孕25周，各项检查正常，请问可以顺产吗？
none |  | 孕26周，OGTT：空腹4.9，1小时10.5，2小时8.9，医生说是妊娠糖尿病，对胎儿有影响吗，怎么饮食控制
none |  | 怀孕37周，B超示羊水指数18，脐带绕颈两周，头位，想问能不能顺产
none |  | 产后大出血怎么预防
none |  | 孕晚期阴道流水怎么判断是不是破水
none |  | 早孕，乙肝大三阳，怎么阻断母婴传播
none |  | 怀孕期间能打新冠疫苗吗
none |  | 孕妇能吃螃蟹吗，昨天吃了一只，会不会流产
none |  | 我怀孕了但是不知道，吃了感冒药和消炎药，孩子能要吗
none |  | 末次月经3月5日，现在怀孕几周了，预产期是什么时候
none |  | 产后一个月手腕疼，关节疼，是月子病吗
none |  | 奶水不足，怎么追奶
urgent |  | 孕16周，左侧腰疼得厉害，疼得打滚，医生说肾结石
soon | n6 | 宝宝吃奶没问题 就是脸有点黄 要紧不
emergency | n4 | 孩子不吃也不哭 软绵绵的
urgent | n22 | 拉的粑粑像鼻涕带血丝
urgent | n2 | 体温35度 摸着凉凉的
urgent | n1 | 出生第一天就黄了
urgent | n1 | 从出生到现在没拉过
emergency | n8 | 宝宝抽了一下 眼睛发直
self_care | n3 | 尿布上有橘红色粉末
emergency | n10 | 宝宝嘴唇有点发紫 哭的时候
urgent | n40 | 宝宝头上摔了个包 哭了一会就好了
urgent | n30 | 满月宝宝三十七度八
urgent | n30 | 肛温三十八度二
urgent | n12 | 小孩眼睛眼屎特别多 眼皮肿
emergency | p2 | 老婆产后第二天血压180/120 头疼
urgent | p2 | 刚生完两天 头疼得厉害
urgent | p10 | 剖腹产刀口裂开流水了
emergency | p10 | 胸口疼 咳嗽带血
urgent | p1 | 尿不出来 肚子胀
emergency | p2 | 大出血了快来人
emergency | p1 | 血一直流不停 床单都湿了
urgent | 39 | 怀孕39周 肚子痛一阵一阵的 五分钟一次
emergency | 28 | 羊水流出来了 我在家 怎么办
emergency | 30 | 下面哗哗流水
emergency | 32 | 内裤湿了一大片
emergency | 32 | 肚子一直硬 痛 还出血
urgent | 32 | 胎动从早上到现在都没有
urgent | 34 | 宝宝今天好像睡着了 怎么弄都不动
urgent | 22 | 我摔下楼梯了
emergency | 35 | 头好痛 眼睛看东西有闪光
urgent | 35 | 手脚脸都肿了 尿少
emergency | 35 | 突然什么都看不见了
emergency | 20 | 喝了农药
emergency | 20 | 割腕了
emergency | 20 | 他拿刀威胁我
urgent | 30 | 心里难受 不想活
emergency | 30 | 感觉自己快死了 喘不过气
emergency | 36 | 胸闷 喘 躺不下
emergency | 30 | 心脏不好 最近爬楼喘得厉害 晚上憋醒
urgent | 18 | 高烧40度
emergency | 18 | 烧了两天38.9 咳嗽胸疼
emergency | 12 | 吐血了
urgent | 9 | 吐得厉害 站不起来 尿很黄
urgent | 34 | 手心脚心痒 眼白发黄
urgent | 29 | 昨天磕了一下肚子 没什么感觉
self_care | 34 | 耻骨疼得翻身都难
urgent | 30 | 我血压高压140
urgent | 33 | 今天血压 142/88 昨天 150/95
none | 33 | 血压一直都是110/70
none | 33 | 今天一切正常
none | 33 | 护士姐姐 我的产检报告出来了 都正常
urgent | 20 | 护士姐姐 我流血了
urgent | 20 | 医生 我朋友推荐我来问 我肚子疼得厉害
none | 39 | 妈妈说见红要去医院 我39周了还没见红
none | 20 | 网上说的流血我没有
emergency | 34 | 我妈陪着我 我破水了
none | 30 | 我没事
soon | 30 | 不舒服
soon | 30 | 好难受
none | 30 | 呜呜呜
none | 20 | 配偶B型血我O型血会溶血吗
none | 30 | 宝宝心跳快吗 胎心152
none | 36 | 胎盘老化二级 要紧吗
none | 36 | 脐带绕颈 怎么办
none | 20 | 想吃辣的 会不会上火
none | 20 | 老公说他头疼
none |  | 几点上班
none |  | 挂号怎么挂
none |  | 退订
none |  | 去年怀孕三个月胎停育做了清宫手术，今年想再要孩子，需要做什么检查
urgent |  | 我怀孕四个月了，昨晚和老公同房，今天早上发现有一点点血，肚子没有不舒服，怎么办
urgent |  | 孕期感冒引起发烧，38.3度，可以物理降温吗
none |  | 怀孕七个月总是觉得胃胀，吃一点就饱，怎么办
none |  | 怀孕36周，大腿根部疼，走路疼，是怎么回事
self_care |  | 怀孕28周，做糖耐量血糖偏高，空腹5.4，怎么办
none |  | 孕32周，脐血流偏高，S/D 3.8，怎么办
none |  | 孕检查出贫血，血红蛋白89，怎么补
none |  | 怀孕24周，甲减，TSH 4.5，药量需要增加吗
none |  | 孕早期吃了避孕药，孩子可以要吗
none |  | 孕40周，宫颈还没成熟，怎么催生
self_care |  | 孕妇晚上小腿抽筋，缺钙怎么补
urgent |  | 怀孕13周，经常头晕，站久了眼前发黑，差点晕倒
urgent |  | 孕35周，早上起来上厕所，擦纸上有红色的血，量不多，肚子不痛，要马上去医院吗
urgent |  | 怀孕33周感觉下面坠得慌，走路时阴道有东西往下掉的感觉，肚子硬
urgent |  | 你好，我怀孕40多天了，前天下午开始肚子疼，昨天晚上阴道出血，颜色鲜红，量像月经一样，请问孩子还能保住吗
urgent |  | 我怀孕8周，骑电动车被车撞了一下，有没有影响
soon |  | 孕37周，昨天开始腹泻，水样便一天十次，浑身没劲
none |  | 产后42天复查，子宫恢复好，盆底肌松弛，需要做康复吗
self_care |  | 产后便秘，大便带血，疼，怎么办
none |  | 产后3天没有奶，怎么下奶快
urgent |  | 产后半月，奶头疼，奶里有硬块，全身发冷，发烧38.9度
none |  | 宝宝50天，晚上睡觉哼哼唧唧，扭来扭去，使劲，脸憋得通红
soon |  | 宝宝20天，黄疸13，母乳性黄疸，需要停母乳吗
none |  | 刚出生一周的宝宝体温36.2正常吗
emergency |  | 早产儿34周出生，现在25天，每次吃奶只有30毫升，总睡觉，叫不醒
none |  | 宝宝嘴里有白点，是鹅口疮吗
none |  | 新生儿头上有包，产瘤，多久能消
none |  | 新生儿听力筛查没过怎么办
emergency | 33 | 배가 돌처럼 딱딱해요 계속 안 풀려요
emergency | 34 | 머리가 너무 아프고 앞이 흐릿해요
urgent | 33 | 태동이 줄었어요
emergency | n5 | 아기가 숨을 빨리 쉬고 입술이 파래요
urgent | n9 | 아기 배꼽에서 고름이 나와요
urgent | n9 | 아기가 하루종일 안 먹어요
urgent | 30 | 넘어졌어요 배를 부딪쳤어요
emergency | 20 | 남편이 때려요
soon | p20 | 산후 우울증인가봐요 매일 울어요
soon | 34 | 손바닥이 가려워요
urgent | 20 | 열이 38.5도예요
urgent | p7 | 오로에서 냄새가 나요
urgent | 9 | 입덧이 심해요 물도 못 마셔요
soon | 20 | 기침이 나요
none | 20 | 커피 마셔도 되나요
none | 14 | 태동은 언제 느껴요
none | 30 | 예정일이 언제예요
none | 20 | 언니가 조산했어요 저도 그럴까요
none | 36 | 만약 양수가 터지면 어떻게 해요
urgent | 33 | baby hasn't moved since morning
emergency | 30 | severe belly pain that won't stop
urgent | 28 | I fell down the stairs
urgent | 28 | fever of 38.6
urgent | 8 | spotting brown discharge
emergency | p4 | can't breathe chest pain
emergency | p2 | soaked a pad in one hour
emergency | p20 | thoughts of hurting my baby
emergency | 25 | he hit me in the stomach
emergency | 25 | my husband pushed me
soon | 33 | itchy hands and feet at night
urgent | p8 | leg is swollen and red only left side
urgent | n4 | baby's skin is yellow down to legs
emergency | n6 | baby threw up green
urgent | n9 | no wet diaper for 8 hours
urgent | n9 | cord smells and has pus
none | 25 | my friend had preeclampsia should i worry
none | 30 | what does a contraction feel like
none | 25 | had bleeding last month all fine now
none | 30 | is it ok to fly at 30 weeks
none | 37 | when should i go to hospital for contractions
soon | p15 | I feel really down and cry all day
urgent | 32 | BB唔郁成日
urgent | 30 | 肚皮痛得遭不住
urgent | 38 | 见红了 肚子扯起痛 5分钟一回
urgent | 33 | 娃儿不动了
emergency | 33 | 脑壳痛得很 眼睛花
emergency | 30 | 流血唔停
emergency | 34 | 頭痛 眼花 血壓160/110
urgent | 38 | 破羊水咗
emergency | 33 | 憋得慌 上不来气
urgent | 30 | xueya 150/100
urgent | 30 | 见洪了
urgent | 33 | 公缩很密
urgent | 12 | 内裤上有一点点粉色
urgent | 12 | 刚刚上厕所擦出来是红色
"""
"""Invented messages, short and long, in the words of the lexicon and beside them."""


def table(text: str) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines()]


@pytest.mark.parametrize(("level", "where", "text"), table(REGRESSION))
def test_the_specified_cases_come_out_as_specified(
    say: Callable[..., Judgement], level: str, where: str, text: str
) -> None:
    assert (say(text, where).level or "none") == level


@pytest.mark.parametrize(("level", "where", "text"), table(CHAT))
def test_messages_are_judged_as_a_midwife_would(
    say: Callable[..., Judgement], level: str, where: str, text: str
) -> None:
    assert (say(text, where).level or "none") == level
