calendar-imported = 已导入年份：{ $years }。暂定日期确认不变 { $confirmed } 个，改期并已通知 { $moved } 个。
calendar-official = { $year }  正式  { $source }
calendar-statutory = { $year }  仅法定节假日，日期暂定  { $source }
